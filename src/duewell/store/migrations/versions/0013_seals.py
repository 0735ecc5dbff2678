"""Seals: each closed day's hash over the facts and journals recorded on it, chained."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        "drop index duewell.journal_posted_on, duewell.loan_fact_recorded_on; drop table duewell.day_seal"
    )
