"""Receipts: what rails said, money without an owner, mandates and their collections, orders, the outbox.

rail_entry, suspense_move and virtual_account are placed by their own key, as receipt is: what a rail names
must be found whoever it is for. All else hangs on a person.
"""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

_TABLES = (
    "outbox",
    "pay_order_event",
    "pay_order",
    "collection_event",
    "collection",
    "mandate_event",
    "mandate",
    "virtual_account",
    "suspense_move",
    "rail_entry",
)


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";;\n"):
        if statement.strip():
            cursor.execute(statement)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("drop index duewell.receipt_day")
    for table in _TABLES:
        run(f"drop table duewell.{table}")
