"""Taking one HL7 message: what it asks is done once, under its control id, and the answer is kept with it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub.address import comes_from
from hub.errors import Refused
from hub.hl7.message import Message, Unparsable, acknowledgement, read_message
from hub.hl7.order_message import CANCEL, NEW, accession_of, control_of, order_facts, placer_of
from hub.store import Store, audit, now
from hub.store.orders import By, change_order, move_order, place_order, placed_as
from hub.store.tables import ExamOrder, Hl7Message, Site

ACCEPTED, ERROR, REJECTED = "AA", "AE", "AR"  # HL7 table 0008
TAKEN = ("ORM^O01",)

log = structlog.get_logger("hub.hl7")


class Rejected(Refused):
    """The message is not for us, or not from whom we take it."""


@dataclass(frozen=True)
class Come:
    """A message with where it came from, its digest, and the county's day."""

    message: Message
    digest: str
    address: str
    today: str


def answer(store: Store, content: bytes, address: str) -> bytes:
    """Take the message in `content` and return its acknowledgement; never raises, whatever was sent."""
    try:
        message = read_message(content)
    except Unparsable as error:
        _note(store, address, "", REJECTED, str(error))
        return acknowledgement(None, REJECTED, str(error))
    today = datetime.now(store.settings.zone).strftime("%Y%m%d")
    come = Come(message, hashlib.sha256(content).hexdigest(), address, today)
    code, text = _answered(store, come)
    return acknowledgement(message, code, text)


def _answered(store: Store, come: Come) -> tuple[str, str]:
    try:
        with store.writing() as session:
            _take(session, store, come)
        return ACCEPTED, ""
    except Rejected as refusal:
        _note(store, come.address, come.message.sender, REJECTED, str(refusal))
        return REJECTED, str(refusal)
    except Refused as refusal:
        _note(store, come.address, come.message.sender, ERROR, str(refusal))
        return ERROR, str(refusal)
    except SQLAlchemyError as error:
        log.warning("an HL7 message could not be kept", kind=type(error).__name__)
        return REJECTED, "the hub's database is not there; send it again later"


def _take(session: Session, store: Store, come: Come) -> None:
    """Do what the message asks, unless that was done before under the same control id."""
    message = come.message
    if message.kind not in TAKEN:
        raise Rejected(f"message type {message.kind[:16]} is none of {', '.join(TAKEN)}")
    if not message.control_id or len(message.control_id) > 64:
        raise Refused("MSH-10 (control id) is missing or too long")
    site = _site(session, store, come)
    known = session.scalar(
        select(Hl7Message).where(
            Hl7Message.sender == message.sender, Hl7Message.control_id == message.control_id
        )
    )
    if known is not None:
        if known.digest != come.digest:
            raise Rejected("MSH-10 (control id) was used for another message")
        return
    taken = [_taken(session, site, replace(come, message=one)) for one in _orders(message)]
    session.add(
        Hl7Message(
            sender=message.sender, control_id=message.control_id, digest=come.digest, answer=ACCEPTED,
            said=" ".join(taken), received_at=now(),
        )
    )  # fmt: skip


def _orders(message: Message) -> list[Message]:
    """Return the message's orders one by one. Raises Refused where it is not plain what belongs to which."""
    orders = message.orders()
    if message.count("PID") > 1 or any(one.count("OBR") > 1 for one in orders):
        raise Refused("a message has one PID, and each ORC one OBR")
    return orders


def _taken(session: Session, site: Site, come: Come) -> str:
    """Do what one order asks, with its audit row, and return its accession number."""
    message = come.message
    order = _apply(session, site, come)
    who = {"actor": message.sender[:64], "role": "hl7", "site": site.name, "address": come.address}
    what = f"{control_of(message)} {message.control_id}"
    audit.append(session, audit.entry("order", f"order:{order.id}", **who, detail=what))
    return order.accession


def _site(session: Session, store: Store, come: Come) -> Site:
    """Return the site whose order it is: MSH-4 names it, or MSH-6 where one system sends for several."""
    names = [name for name in (come.message.field("MSH", 4), come.message.field("MSH", 6)) if name]
    found = session.scalars(
        select(Site).where(Site.active, Site.name.in_(names) | Site.label.in_(names))
    ).all()
    if len(found) != 1:
        raise Rejected("MSH-4 or MSH-6 must name one site of this hub")
    (site,) = found
    allowed = [part.strip() for part in store.settings.hl7_from.split(",") if part.strip()]
    if not any(
        comes_from(come.address, one) for one in (*allowed, *([site.address] if site.address else []))
    ):
        raise Rejected("orders of this site are not taken from this address")
    return site


def _apply(session: Session, site: Site, come: Come) -> ExamOrder:
    control, message = control_of(come.message), come.message
    known = placed_as(session, site.id, placer_of(message), accession_of(message))
    if control == NEW and known is None:
        facts = order_facts(message, come.today)
        return place_order(session, site, facts, By(message.sender[:64], "hl7"))
    if known is None:
        raise Refused("there is no such order: ORC-2 and OBR-18 name none of this site")
    if control == CANCEL:
        move_order(session, known, "order-cancelled")
    elif control == NEW and known.state == "cancelled":
        said = f"order {known.accession} under this number is cancelled"
        raise Refused(f"{said}; renew it on the page, or order under another number")
    elif control == NEW:
        raise Refused(f"there is an order {known.accession} under this number already; change it with XO")
    else:
        change_order(session, known, order_facts(message, come.today))
    return known


def _note(store: Store, address: str, sender: str, code: str, why: str) -> None:
    who = {"actor": sender[:64], "role": "hl7", "address": address, "detail": why[:300]}
    try:
        audit.note(store, audit.entry("order", "hl7", code, **who))
    except SQLAlchemyError as error:
        log.warning("a refused HL7 message is in no audit row", kind=type(error).__name__)
