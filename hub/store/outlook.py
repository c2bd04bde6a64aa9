"""The outbox at one look: what is due and when, what is with the broker, and whose time has run out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.errand import AFTERWARDS_SECONDS, GIVES_WAY_SECONDS, GIVES_WAY_TO, GIVING_WAY
from hub.store.engine import now
from hub.store.tables import Errand


@dataclass(frozen=True)
class Outlook:
    """`seconds` are those until the next errand is due, None when none waits; `holders` hold running ones.

    One that gives way does not count: the end of what it gives way to rings the bell.
    """

    seconds: float | None
    in_flight: int
    is_overdue: bool
    holders: frozenset[str]


@dataclass(frozen=True)
class _Heap:
    """Errands of one kind, state and holder."""

    kind: str
    state: str
    holder: str
    count: int
    due: datetime
    lease: datetime | None


def outlook(session: Session) -> Outlook:
    """Look at everything that is not done."""
    columns = (Errand.kind, Errand.state, Errand.holder)
    rows = session.execute(
        select(*columns, func.count(), func.min(Errand.due_at), func.min(Errand.lease_until))
        .where(Errand.state.in_(("waiting", "sent", "running")))
        .group_by(*columns)
    )
    heaps, instant = [_Heap(*row) for row in rows], now()
    taken = [heap for heap in heaps if heap.state != "waiting"]
    return Outlook(
        _seconds(heaps, instant),
        sum(heap.count for heap in heaps if heap.state == "sent"),
        any(heap.lease is not None and heap.lease < instant for heap in taken),
        frozenset(heap.holder for heap in taken if heap.state == "running"),
    )


def _seconds(heaps: Sequence[_Heap], instant: datetime) -> float | None:
    busy = any(heap.kind in GIVES_WAY_TO and heap.due <= instant for heap in heaps)
    patient_until = instant - timedelta(seconds=GIVES_WAY_SECONDS)
    waits = []
    for heap in heaps:
        gives_way = heap.kind in GIVING_WAY
        if heap.state == "waiting" and not (gives_way and busy and heap.due > patient_until):
            waits.append((heap.due - instant).total_seconds() + AFTERWARDS_SECONDS * gives_way)
    return max(0.0, min(waits)) if waits else None
