"""Alarms: what a person must look at, for a day of a book; cleared by a row of its own, never edited."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop table duewell.alarm")
