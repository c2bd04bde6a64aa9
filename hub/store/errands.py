"""The outbox: writing errands with their cause, and taking them up one worker at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub.domain.errand import ERRAND_MOVES, MOST_ATTEMPTS, lease_seconds
from hub.domain.moves import states_before
from hub.store.engine import now
from hub.store.tables import Errand


@dataclass(frozen=True)
class Task:
    """An errand that this worker holds: its kind, what it is about, and which attempt this is."""

    id: int
    kind: str
    subject_id: int
    attempts: int
    created_at: datetime
    holder: str


def write_errand(session: Session, kind: str, subject_id: int, after: float = 0.0, key: str = "") -> None:
    """Write down that `kind` is to be done for `subject_id` in `after` seconds.

    Asking twice equals asking once: `key` (default kind:subject) is unique.
    """
    insert = _insert(session)
    instant = now()
    values = {
        "kind": kind, "key": key or f"{kind}:{subject_id}", "subject_id": subject_id,
        "state": "waiting", "due_at": instant + timedelta(seconds=after), "created_at": instant,
    }  # fmt: skip
    session.execute(insert(Errand).values(**values).on_conflict_do_nothing(index_elements=["key"]))


def put_off(session: Session, kind: str, subject_id: int, after: float, key: str = "") -> None:
    """Write the errand, or move one that is still to come (or was done) to `after` seconds from now."""
    write_errand(session, kind, subject_id, after, key)
    session.execute(
        update(Errand)
        .where(Errand.key == (key or f"{kind}:{subject_id}"), Errand.state.in_(("waiting", "done", "sent")))
        .values(state="waiting", due_at=now() + timedelta(seconds=after), attempts=0)
    )


def due_errands(session: Session, limit: int = 200) -> Sequence[Errand]:
    """Return errands that are due and waiting, oldest first."""
    return session.scalars(
        select(Errand).where(Errand.state == "waiting", Errand.due_at <= now())
        .order_by(Errand.due_at).limit(limit)
    ).all()  # fmt: skip


def seconds_to_next(session: Session) -> float | None:
    """Return how long until the next waiting errand is due, or None when there is none."""
    due = session.scalar(select(func.min(Errand.due_at)).where(Errand.state == "waiting"))
    return None if due is None else max(0.0, (due - now()).total_seconds())


def hand_over(session: Session, errand_id: int, seconds: float) -> bool:
    """Mark an errand as given to the broker; unless claimed within `seconds` it counts as lost."""
    return _move(session, errand_id, "handed-to-broker", lease_until=now() + timedelta(seconds=seconds))


def claim(session: Session, errand_id: int, holder: str) -> Task | None:
    """Take up an errand, or return None when somebody else has it or it is done."""
    found = session.get(Errand, errand_id)
    if found is None:
        return None
    until = now() + timedelta(seconds=lease_seconds(found.kind))
    early = found.state == "waiting" and found.due_at > now()
    claimed: dict[str, Any] = {"lease_until": until, "holder": holder, "attempts": Errand.attempts + 1}
    if early or not _move(session, errand_id, "claimed", **claimed):
        return None
    session.refresh(found)
    return Task(found.id, found.kind, found.subject_id, found.attempts, found.created_at, holder)


def finish(session: Session, task: Task) -> bool:
    """Mark as done; False when the errand is no longer this worker's, and nothing may be kept."""
    return _move(session, task.id, "finished", task.holder, lease_until=None, last_error="")


def postpone(session: Session, task: Task, seconds: float, error: str, attempts: int = 0) -> bool:
    """Try again in `seconds`, counting `attempts` so far; `error` holds no patient data."""
    later: dict[str, Any] = {"due_at": now() + timedelta(seconds=seconds), "attempts": attempts}
    return _move(
        session, task.id, "postponed", task.holder, lease_until=None, last_error=error[:255], **later
    )


def give_up(session: Session, task: Task, error: str) -> bool:
    """Put the errand among the dead letters; a person can retry it."""
    return _move(session, task.id, "given-up", task.holder, lease_until=None, last_error=error[:255])


def take_back_lost(session: Session, dead_holders: Sequence[str] = ()) -> int:
    """Return errands of silent or dead workers to the waiting ones; how many."""
    gone = (Errand.lease_until < now()) | Errand.holder.in_(dead_holders)
    result = session.execute(
        update(Errand)
        .where(Errand.state.in_(states_before(ERRAND_MOVES, "lost")), gone)
        .values(state="waiting", lease_until=None, holder="", losses=Errand.losses + 1)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def holders(session: Session) -> Sequence[str]:
    """Return who holds running errands."""
    return session.scalars(select(Errand.holder).where(Errand.state == "running").distinct()).all()


def in_flight(session: Session) -> int:
    """Return how many errands are with the broker, not yet taken up."""
    return session.scalar(select(func.count()).select_from(Errand).where(Errand.state == "sent")) or 0


def overdue(session: Session) -> bool:
    """Tell whether some worker's lease has run out."""
    late = select(Errand.id).where(Errand.lease_until < now(), Errand.state.in_(("sent", "running")))
    return session.scalar(late.limit(1)) is not None


def is_poison(task: Task) -> bool:
    """Tell whether this is an attempt too many: the ones before it never came to an end."""
    return task.attempts > MOST_ATTEMPTS


def _move(session: Session, errand_id: int, event: str, held_by: str | None = None, **values: object) -> bool:
    before = states_before(ERRAND_MOVES, event)
    (state,) = {ERRAND_MOVES[earlier, event] for earlier in before}
    guard = [Errand.id == errand_id, Errand.state.in_(before)]
    if held_by is not None:
        guard.append(Errand.holder == held_by)
    result = session.execute(
        update(Errand)
        .where(*guard)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined]


def _insert(session: Session):  # type: ignore[no-untyped-def]
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
