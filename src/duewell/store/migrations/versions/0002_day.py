"""The day: agendas, portfolio sums, day runs, the general ledger, observations and wishes.

A person's tables lead with person_id and loan_no; tables of a book's day lead with book_id and day.
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
TABLES = (
    "wish",
    "observation",
    "gl_journal",
    "portfolio_sum",
    "day_sum",
    "day_chunk",
    "day_run",
    "portfolio_move",
    "agenda",
    "measure",
)


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.get_bind().exec_driver_sql(f"drop table duewell.{table}")
