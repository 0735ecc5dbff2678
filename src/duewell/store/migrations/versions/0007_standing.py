"""Agendas say what their loans stand for, so that the server can add a whole book up in one scan.

Rows written before keep what their dates add, without what they stood for: `base_on` stays null until the
loan's agenda is written again, by its next fact, a missed row, or `duewell book rebuild`.
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("alter table duewell.agenda add column sum_to smallint[], add column sum_measure smallint[]")
    run("alter table duewell.agenda add column sum_add bigint[]")
    for statement in Path(__file__).with_name("0007_standing_down.sql").read_text("utf-8").split(";;\n"):
        run(statement)
