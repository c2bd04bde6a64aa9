"""Orders of a site: written, changed and cancelled by people and by HL7, and read by its devices."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.moves import ForbiddenMove, next_state
from hub.domain.order import ORDER_MOVES, OrderFacts, check_order
from hub.domain.scope import Scope
from hub.domain.uid import new_uid
from hub.errors import NotYours, Refused
from hub.store.cases import within
from hub.store.engine import now
from hub.store.tables import ExamOrder, Site
from hub.store.unique import flush_or
from hub.store.worklist import like_literally

MOST_ROWS = 500
ACCESSION_TAKEN = "there is an order with accession number '%(accession)s' already"
FIELDS = tuple(one.name for one in fields(OrderFacts))
#: What is fixed once an order is written: a device may have it already.
FIXED = ("accession", "study_instance_uid", "procedure_id", "step_id")


@dataclass(frozen=True)
class By:
    """Who writes an order, and by which way it came: page, api or hl7."""

    name: str
    source: str


def place_order(session: Session, site: Site, facts: OrderFacts, by: By) -> ExamOrder:
    """Insert an order; numbers that it does not bring are made. Raises Refused with every fault."""
    check_order(facts)
    if facts.accession and _with_accession(session, site.id, facts.accession) is not None:
        raise Refused(ACCESSION_TAKEN, accession=facts.accession)
    if facts.study_instance_uid and session.scalar(
        select(ExamOrder.id).where(ExamOrder.study_instance_uid == facts.study_instance_uid)
    ):
        raise Refused("there is an order with this study_instance_uid already")
    uid = facts.study_instance_uid or new_uid()
    said = {name: getattr(facts, name) for name in FIELDS} | {"study_instance_uid": uid}
    order = ExamOrder(
        site_id=site.id, state="scheduled", source=by.source, created_by=by.name, created_at=now(),
        **said | {"accession": facts.accession or uid[-16:]},
    )  # fmt: skip
    session.add(order)
    flush_or(session, Refused(ACCESSION_TAKEN, accession=facts.accession))
    order.accession = facts.accession or f"RH{order.id:08d}"
    order.procedure_id = facts.procedure_id or f"RP{order.id:08d}"
    order.step_id = facts.step_id or f"SPS{order.id:08d}"
    session.flush()
    return order


def change_order(session: Session, order: ExamOrder, facts: OrderFacts) -> None:
    """Change an order that nobody has begun; its numbers stay. Raises Refused."""
    check_order(replace(facts, **{name: getattr(order, name) for name in FIXED}))
    move_order(session, order, "changed")
    for name in FIELDS:
        if name not in FIXED:
            setattr(order, name, getattr(facts, name))
    session.flush()


def move_order(session: Session, order: ExamOrder, event: str) -> None:
    """Move an order by what happened, guarded. Raises Refused where that cannot happen to it."""
    before = order.state
    try:
        state = next_state(ORDER_MOVES, before, event)
    except ForbiddenMove:
        said = "order %(accession)s is %(state)s: that cannot happen to it now"
        raise Refused(said, accession=order.accession, state=before) from None
    session.flush()
    changed = session.execute(
        update(ExamOrder)
        .where(ExamOrder.id == order.id, ExamOrder.state == before)
        .values(state=state)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused("order %(accession)s: somebody else changed it first", accession=order.accession)
    session.refresh(order)


def orders_in(session: Session, scope: Scope, text: str = "", state: str = "") -> Sequence[ExamOrder]:
    """Return the orders of the person's sites, the newest day first."""
    asked = select(ExamOrder).where(within(scope, ExamOrder.site_id))
    if state:
        asked = asked.where(ExamOrder.state == state)
    if text:
        pattern = like_literally(text)
        columns = (ExamOrder.name, ExamOrder.patient_id, ExamOrder.accession)
        asked = asked.where(
            columns[0].ilike(pattern, escape="\\")
            | columns[1].ilike(pattern, escape="\\")
            | columns[2].ilike(pattern, escape="\\")
        )
    newest = asked.order_by(ExamOrder.scheduled_date.desc(), ExamOrder.id.desc())
    return session.scalars(newest.limit(MOST_ROWS)).all()


def order_for(session: Session, scope: Scope, order_id: int) -> ExamOrder:
    """Return an order of a site in `scope`. Raises NotYours."""
    found = session.scalar(
        select(ExamOrder).where(ExamOrder.id == order_id, within(scope, ExamOrder.site_id))
    )
    if found is None:
        raise NotYours(f"order:{order_id}")
    return found


def scheduled(session: Session, site_id: int) -> Sequence[ExamOrder]:
    """Return the orders that a device of the site may begin, the earliest first."""
    return session.scalars(
        select(ExamOrder)
        .where(ExamOrder.site_id == site_id, ExamOrder.state == "scheduled")
        .order_by(ExamOrder.scheduled_date, ExamOrder.scheduled_time, ExamOrder.id)
    ).all()


def order_of(session: Session, site_id: int, study_instance_uid: str, accession: str) -> ExamOrder | None:
    """Return the site's order of a study, by its UID or else by its accession number."""
    found = session.scalar(
        select(ExamOrder).where(
            ExamOrder.site_id == site_id, ExamOrder.study_instance_uid == study_instance_uid
        )
    )
    return found or _with_accession(session, site_id, accession)


def placed_as(session: Session, site_id: int, placer_number: str, accession: str) -> ExamOrder | None:
    """Return the site's order under the placer's number, or else under an accession number."""
    if placer_number:
        found = session.scalar(
            select(ExamOrder).where(ExamOrder.site_id == site_id, ExamOrder.placer_number == placer_number)
        )
        if found is not None:
            return found
    return _with_accession(session, site_id, accession)


def _with_accession(session: Session, site_id: int, accession: str) -> ExamOrder | None:
    if not accession:
        return None
    return session.scalar(
        select(ExamOrder).where(ExamOrder.site_id == site_id, ExamOrder.accession == accession)
    )
