"""The outbox: writing errands with their cause, and taking them up one worker at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, case, false, null, or_, select, update
from sqlalchemy.orm import Session

from hub.domain.errand import (
    AFTERWARDS_SECONDS,
    ERRAND_MOVES,
    GIVES_WAY_SECONDS,
    GIVES_WAY_TO,
    GIVING_WAY,
    LEASE_SECONDS,
    MOST_ATTEMPTS,
    OTHER_LEASE_SECONDS,
)
from hub.domain.moves import states_before
from hub.store.dialects import insert_of
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
    _write(session, [new_row(kind, subject_id, after, key)])


def write_errands(session: Session, kind: str, subject_ids: Sequence[int]) -> None:
    """Write down that `kind` is to be done now for each of `subject_ids`."""
    if subject_ids:
        _write(session, [new_row(kind, subject_id) for subject_id in subject_ids])


def new_row(kind: str, subject_id: int, after: float = 0.0, key: str = "") -> dict[str, Any]:
    """Return an errand that waits."""
    instant = now()
    return {
        "kind": kind, "key": key or f"{kind}:{subject_id}", "subject_id": subject_id,
        "state": "waiting", "due_at": instant + timedelta(seconds=after), "created_at": instant,
        "holder": "", "attempts": 0, "losses": 0, "last_error": "",
    }  # fmt: skip


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    insert = insert_of(session.get_bind().dialect.name)
    session.execute(insert(Errand).on_conflict_do_nothing(index_elements=["key"]), rows)


def put_off(session: Session, kind: str, subject_id: int, after: float, key: str = "") -> None:
    """Write the errand, or move one that is still to come (or was done) to `after` seconds from now."""
    write_errand(session, kind, subject_id, after, key)
    which = Errand.key == (key or f"{kind}:{subject_id}")
    session.execute(_waits_again(which, now() + timedelta(seconds=after)))


def _waits_again(which: ColumnElement[bool], due: datetime) -> Update:
    return (
        update(Errand)
        .where(which, Errand.state.in_(("waiting", "done", "sent")))
        .values(state="waiting", due_at=due, attempts=0)
        .execution_options(synchronize_session=False)
    )


def due_errands(session: Session, limit: int = 200) -> Sequence[Errand]:
    """Return errands that are due and waiting, oldest first, but for those that give way."""
    instant = now()
    afterwards = Errand.due_at <= instant - timedelta(seconds=AFTERWARDS_SECONDS)
    return session.scalars(
        select(Errand)
        .where(
            Errand.state == "waiting", Errand.due_at <= instant, ~_giving_way(session),
            Errand.kind.not_in(GIVING_WAY) | afterwards,
        )
        .order_by(Errand.due_at, Errand.id).limit(limit)
    ).all()  # fmt: skip


def _giving_way(session: Session) -> ColumnElement[bool]:
    """Nobody waits for these, so that they wait while others are waited for; not for ever."""
    busy = select(Errand.id).where(
        Errand.kind.in_(GIVES_WAY_TO), Errand.state.in_(("waiting", "sent", "running")),
        Errand.due_at <= now(),
    )  # fmt: skip
    if session.scalar(busy.limit(1)) is None:
        return false()
    return Errand.kind.in_(GIVING_WAY) & (Errand.due_at > now() - timedelta(seconds=GIVES_WAY_SECONDS))


def hand_over(session: Session, errand_ids: Sequence[int], seconds: float) -> None:
    """Mark errands as given to the broker; those not claimed within `seconds` count as lost."""
    session.execute(
        update(Errand)
        .where(Errand.id.in_(errand_ids), Errand.state.in_(states_before(ERRAND_MOVES, "handed-to-broker")))
        .values(state="sent", lease_until=now() + timedelta(seconds=seconds))
        .execution_options(synchronize_session=False)
    )


def claim(session: Session, errand_ids: Sequence[int], holder: str) -> list[Task]:
    """Take up those of `errand_ids` that are to be had, in this order; the others have another holder, are
    done or not due yet.
    """
    tasks = {task.id: task for task in _claimed(session, Errand.id.in_(errand_ids), holder, len(errand_ids))}
    return [tasks[errand_id] for errand_id in errand_ids if errand_id in tasks]


def finish_now(session: Session, kind: str, subject_ids: Sequence[int], holder: str) -> set[int]:
    """Take up the errands `kind` of `subject_ids` and count them as done, for who does them in this same
    transaction: also those still to come, done before or not written yet. Return whose were to be had.

    What somebody is at stays that one's.
    """
    if not subject_ids:
        return set()
    rows = [done_row(kind, subject_id, holder) for subject_id in subject_ids]
    return set(session.scalars(doing(session.get_bind().dialect.name), rows))


def done_row(kind: str, subject_id: int, holder: str) -> dict[str, Any]:
    """Return an errand that `holder` did, for the statement of `doing`."""
    return new_row(kind, subject_id) | {"state": "done", "holder": holder, "attempts": 1}


def doing(dialect: str) -> Any:
    """Return the statement that counts an errand as done, with its subject where it was to be had."""
    adding = insert_of(dialect)(Errand)
    done = {name: adding.excluded[name] for name in ("state", "holder", "attempts", "due_at", "last_error")}
    to_be_had = or_(*(Errand.state == state for state in ("waiting", "sent", "done")))
    return adding.on_conflict_do_update(
        index_elements=["key"], set_=done | {"lease_until": null()}, where=to_be_had
    ).returning(Errand.subject_id)


def claim_next(session: Session, kinds: Sequence[str], holder: str, limit: int) -> list[Task]:
    """Take up at most `limit` errands of `kinds` that are due, the oldest first, whoever was to have them.

    Those that ended a worker before are left: they go alone.
    """
    due = (
        select(Errand.id)
        .where(
            Errand.kind.in_(kinds), Errand.state.in_(states_before(ERRAND_MOVES, "claimed")),
            Errand.due_at <= now(), Errand.attempts == 0,
        )
        .order_by(Errand.due_at, Errand.id).limit(limit).with_for_update(skip_locked=True)
    )  # fmt: skip
    return sorted(_claimed(session, Errand.id.in_(due), holder, limit), key=lambda task: task.id)


def _claimed(session: Session, which: ColumnElement[bool], holder: str, most: int) -> list[Task]:
    """Several share their time, and those taken up while others are worked on wait for them first."""
    instant = now()
    share = 1 if most == 1 else 2 * most
    leases = {kind: instant + timedelta(seconds=share * lease) for kind, lease in LEASE_SECONDS.items()}
    other = instant + timedelta(seconds=share * OTHER_LEASE_SECONDS)
    rows = session.execute(
        update(Errand)
        .where(
            which, Errand.state.in_(states_before(ERRAND_MOVES, "claimed")),
            (Errand.state != "waiting") | (Errand.due_at <= instant),
        )
        .values(
            state="running", holder=holder, attempts=Errand.attempts + 1,
            lease_until=case(leases, value=Errand.kind, else_=other),
        )
        .returning(Errand.id, Errand.kind, Errand.subject_id, Errand.attempts, Errand.created_at)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return [Task(*row, holder) for row in rows]


def finish(session: Session, tasks: Sequence[Task]) -> set[int]:
    """Mark as done and return which: of the others, no longer this worker's, nothing may be kept."""
    if not tasks:
        return set()
    rows = session.scalars(
        update(Errand)
        .where(
            Errand.id.in_([task.id for task in tasks]), Errand.holder == tasks[0].holder,
            Errand.state.in_(states_before(ERRAND_MOVES, "finished")),
        )
        .values(state="done", lease_until=None, last_error="")
        .returning(Errand.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return set(rows)


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


def is_poison(task: Task) -> bool:
    """Tell whether this is an attempt too many: the ones before it never came to an end."""
    return task.attempts > MOST_ATTEMPTS


def _move(session: Session, errand_id: int, event: str, held_by: str, **values: object) -> bool:
    before = states_before(ERRAND_MOVES, event)
    (state,) = {ERRAND_MOVES[earlier, event] for earlier in before}
    result = session.execute(
        update(Errand)
        .where(Errand.id == errand_id, Errand.state.in_(before), Errand.holder == held_by)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined]
