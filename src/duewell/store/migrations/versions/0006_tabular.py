"""Posting by table: payments of what falls due today, in one call, by the claims the fold wrote."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("drop function duewell.post_payments")
    run("drop index duewell.day_run_unfinished")
    run("alter table duewell.agenda drop column pays")
    run("alter table duewell.loan_state drop column principal_minor")
    run("update duewell.loan_state set is_tabular = false")
