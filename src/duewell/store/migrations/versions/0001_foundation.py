"""Books, persons, loans, facts, the sub-ledger, idempotency: the tables everything else stands on.

Keys of a person's tables lead with person_id, then loan_no. request_key and receipt are the two
named exceptions, each placed by its own key. What is append-only is held by grant and by trigger;
a journal is one row whose amounts sum to zero by a check.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    # Straight to psycopg: without parameters it reads no percent signs.
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop schema duewell cascade")
