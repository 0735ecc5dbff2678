"""Webhooks: endpoints, and what each is told; facts are found by when they were recorded."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        "drop index duewell.loan_fact_recorded; drop table duewell.webhook_delivery, duewell.webhook"
    )
