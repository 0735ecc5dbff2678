"""Accounting periods that close and stay closed; totals of a day beside those of a provision."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("drop trigger stays_closed on duewell.gl_journal")
    run("drop trigger only_forward on duewell.book")
    run("drop table duewell.accounting_period")
    run("drop function duewell.refuse_closed_period()")
    run("drop function duewell.refuse_earlier_day()")
    run("drop trigger append_only on duewell.gl_journal")
    run("delete from duewell.gl_journal where kind <> 1")
    run("alter table duewell.gl_journal drop constraint gl_journal_pkey")
    run("alter table duewell.gl_journal drop column kind")
    run("alter table duewell.gl_journal add primary key (book_id, day, product_no)")
    run(
        "create trigger append_only before update or delete or truncate on duewell.gl_journal"
        " for each statement execute function duewell.refuse_change()"
    )
