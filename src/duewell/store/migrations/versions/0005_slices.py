"""The day by slice: agendas found by slice and date, and loans closed ahead of their slice.

A wish and an observation are copied from an agenda whose own key holds the loan to be there: their foreign
keys checked the same thing once more, a row at a time, and were most of what a day cost.
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("drop table duewell.day_ahead")
    run("drop index duewell.agenda_keys")
    run("drop function duewell.agenda_keys(bigint, date[])")
    run("create index agenda_dates on duewell.agenda using gin (dates)")
    run("drop index duewell.agenda_since")
    run("create index agenda_since on duewell.agenda (since) where is_turned")
    run("alter table duewell.day_run drop column slices")
    run("alter table duewell.wish add foreign key (person_id) references duewell.person not valid")
    loan = "foreign key (person_id, loan_no) references duewell.loan"
    run(f"alter table duewell.observation add {loan} not valid")
