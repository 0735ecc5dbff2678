"""Payments go by table again once the day is closed for their loan, not only when it is for the book."""

from alembic import op

revision = "0012"
down_revision = "0011"

_BOOK = """not exists (
          select from duewell.day_run d where d.book_id = a.book_id and d.finished_at is null)"""
_LOAN = """not exists (
          select from duewell.day_run d where d.book_id = a.book_id and d.finished_at is null
            -- Closed for this loan: its slice (by the top six bits of the person) is done, or it went ahead.
            and not exists (select from duewell.day_chunk c where c.book_id = d.book_id and c.day = d.day
              and c.slice_no = (k.person_id >> 57) / (64 / d.slices))
            and not exists (select from duewell.day_ahead h where h.person_id = k.person_id
              and h.loan_no = k.loan_no and h.day = d.day))"""


def upgrade() -> None:
    _replace(_BOOK, _LOAN)


def downgrade() -> None:
    _replace(_LOAN, _BOOK)


def _replace(old: str, new: str) -> None:
    """The function as it stands with one condition of it changed; anything else would be another function."""
    cursor = op.get_bind().connection.cursor()
    cursor.execute("select pg_get_functiondef('duewell.post_payments'::regproc)")
    ((text,),) = cursor.fetchall()
    if text.count(old) != 1:
        raise RuntimeError("duewell.post_payments is not the function this step was written for")
    cursor.execute(text.replace(old, new))
