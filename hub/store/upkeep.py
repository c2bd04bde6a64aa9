"""Sweeping away what only matters for a while."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.store.engine import now
from hub.store.tables import Change, Errand, Guess, Study, UntakenInstance

#: Open pages follow changes within seconds; one that slept longer asks for its whole list anew.
KEEP_CHANGES = timedelta(hours=1)
#: What was done is in the audit trail and the ledger; the errand itself is kept a while to look at.
KEEP_DONE_ERRANDS = timedelta(days=30)
#: Wrong names are forgotten after a day; accounts are not.
KEEP_GUESSES = timedelta(days=1)
#: A study of which nothing could ever be taken is not missed for longer; the refusals are in the audit trail.
KEEP_UNTAKEN = timedelta(days=30)


def sweep(session: Session) -> int:
    """Delete old change marks, errands that were done long ago and the like; return how many rows went."""
    instant = now()
    held = select(Study.id).where(
        Study.site_id == UntakenInstance.site_id,
        Study.study_instance_uid == UntakenInstance.study_instance_uid,
    )
    old = (
        delete(Guess).where(Guess.created_at < instant - KEEP_GUESSES),
        delete(Change).where(Change.at < instant - KEEP_CHANGES),
        delete(Errand).where(Errand.state == "done", Errand.due_at < instant - KEEP_DONE_ERRANDS),
        delete(UntakenInstance).where(UntakenInstance.at < instant - KEEP_UNTAKEN, ~held.exists()),
    )
    return sum(session.execute(statement).rowcount for statement in old)  # type: ignore[attr-defined]
