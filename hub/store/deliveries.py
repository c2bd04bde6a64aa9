"""The ledger of returns: each version on its way to each destination."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.audit import AuditEntry
from hub.domain.delivery import DELIVERY_MOVES
from hub.domain.moves import ForbiddenMove, next_state
from hub.store import audit
from hub.store.engine import now
from hub.store.errands import write_errand
from hub.store.moves import move_study, touch
from hub.store.tables import Delivery, Errand, Report, Study


@dataclass(frozen=True)
class Attempt:
    """How one try went: the peer's status if it gave one, and a sentence without patient data."""

    event: str
    status: int | None = None
    warned: bool = False
    detail: str = ""
    next_try_in: float | None = None
    proof: str = ""


def record_attempt(
    session: Session, delivery: Delivery, attempt: Attempt, entry: AuditEntry | None = None
) -> None:
    """Move `delivery` by what happened, guarded, with its audit row; "sent" only for an acceptance.

    The row is the hub's own, or `entry` where a person moved it.
    """
    before = delivery.state
    state = next_state(DELIVERY_MOVES, before, attempt.event)
    values = _values(delivery, attempt)
    changed = session.execute(
        update(Delivery).where(Delivery.id == delivery.id, Delivery.state == before)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise ForbiddenMove("the delivery was moved by somebody else")
    session.refresh(delivery)
    study = session.get_one(Study, delivery.study_id)
    audit.append(session, entry or _entry(study, delivery, attempt))
    if state in ("sent", "confirmed"):
        count_as_delivered(session, study)
    touch(session, study)


def _entry(study: Study, delivery: Delivery, attempt: Attempt) -> AuditEntry:
    outcome = f"0x{attempt.status:04X}" if attempt.status is not None else attempt.event
    who = {"site": study.site.name, "detail": f"{attempt.event} {delivery.destination}"}
    return audit.entry("deliver", f"report:{delivery.report_id}", outcome, **who)


def _values(delivery: Delivery, attempt: Attempt) -> dict[str, object]:
    values: dict[str, object] = {"detail": attempt.detail, "next_try_at": None}
    if attempt.status is not None:
        values["status"] = attempt.status
    if attempt.next_try_in is not None:
        values["next_try_at"] = now() + timedelta(seconds=attempt.next_try_in)
    if attempt.event == "accepted":
        values |= {"sent_at": now(), "warned": attempt.warned}
    if attempt.event == "found-there":
        values |= {"confirmed_by": attempt.proof, "confirmed_at": now(), "sent_at": delivery.sent_at or now()}
    if attempt.event == "failed":
        values["failures"] = Delivery.failures + 1
    return values


def count_as_delivered(session: Session, study: Study) -> None:
    """Count a signed study as delivered when its newest version went out everywhere."""
    newest = session.scalar(
        select(Report.id).where(Report.study_id == study.id).order_by(Report.version.desc())
    )
    open_ones = session.scalar(
        select(Delivery.id)
        .where(Delivery.report_id == newest, Delivery.state.not_in(("sent", "confirmed")))
        .limit(1)
    )
    if open_ones is None and study.state == "signed":
        move_study(session, study, "report-delivered")


def earlier_undelivered(session: Session, delivery: Delivery) -> bool:
    """Tell whether an older version for the same destination is still on its way: order is kept."""
    mine = session.get_one(Report, delivery.report_id)
    found = session.scalar(
        select(Delivery.id)
        .join(Report, Report.id == Delivery.report_id)
        .where(
            Delivery.study_id == delivery.study_id,
            Delivery.destination == delivery.destination,
            Delivery.state.in_(("queued", "failing")),
            Report.version < mine.version,
        )
        .limit(1)
    )
    return found is not None


def send_all(session: Session, report_id: int) -> None:
    """Write an errand for every destination of a report whose objects are made now."""
    for delivery in session.scalars(select(Delivery).where(Delivery.report_id == report_id)):
        write_errand(session, "deliver", delivery.id)


def retry_by_hand(session: Session, delivery: Delivery, entry: AuditEntry) -> None:
    """Take a dead delivery up again because a person asked; `entry` is that act's audit row."""
    record_attempt(session, delivery, Attempt("retried-by-hand", detail="retried by hand"), entry)
    session.execute(
        update(Errand)
        .where(Errand.key == f"deliver:{delivery.id}", Errand.state.in_(("done", "dead")))
        .values(state="waiting", due_at=now(), created_at=now(), attempts=0)
    )
