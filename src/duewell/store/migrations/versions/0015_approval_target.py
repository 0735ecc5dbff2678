"""Approvals by what they are about: whether one is already waiting is asked on a person's own page."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("create index approval_of_target on duewell.approval (target, asked_at)")


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop index duewell.approval_of_target")
