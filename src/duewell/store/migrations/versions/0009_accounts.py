"""Accounts: who may come in, how often they try, what they did, and what needs a second person."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        "drop table duewell.erasure, duewell.approval_decision, duewell.approval, duewell.trail,"
        " duewell.tried, duewell.session, duewell.one_time_code, duewell.borrower_login, duewell.person_name,"
        " duewell.api_client, duewell.staff_roles, duewell.staff;"
        " drop function duewell.trail_add, duewell.trail_hash;"
        " revoke delete, update on duewell.person_private from duewell_app"
    )
