"""Sweeping away what only matters for a while."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from hub.store.engine import now
from hub.store.tables import Change, Errand, Guess

#: Open pages follow changes within seconds; one that slept longer asks for its whole list anew.
KEEP_CHANGES = timedelta(hours=1)
#: What was done is in the audit trail and the ledger; the errand itself is kept a while to look at.
KEEP_DONE_ERRANDS = timedelta(days=30)
#: Wrong names are forgotten after a day; accounts are not.
KEEP_GUESSES = timedelta(days=1)


def sweep(session: Session) -> int:
    """Delete old change marks and errands that were done long ago; return how many rows went."""
    instant = now()
    old = (
        delete(Guess).where(Guess.created_at < instant - KEEP_GUESSES),
        delete(Change).where(Change.at < instant - KEEP_CHANGES),
        delete(Errand).where(Errand.state == "done", Errand.due_at < instant - KEEP_DONE_ERRANDS),
    )
    return sum(session.execute(statement).rowcount for statement in old)  # type: ignore[attr-defined]
