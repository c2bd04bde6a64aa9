"""What a self-test leaves in the hub, found by the title that it called with, and taken away again."""

import re
import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from hub.domain.study import UNREPORTED, noted
from hub.store import Store, audit, now
from hub.store.commitments import move_commitment
from hub.store.moves import move_study
from hub.store.tables import (
    AuditRow,
    Commitment,
    Device,
    ExamOrder,
    Instance,
    Patient,
    PerformedStep,
    Site,
    Study,
)

ACT = "self-test"
#: The titles that self-tests call with, each with one of its own.
TITLE = re.compile("TEST[0-9A-F]{8}")
#: Who wrote an order of a self-test, and how the numbers of its patients begin.
WRITER, NUMBER = "self-test", "SELFTEST"
#: A self-test is over after this, however slowly the hub answers; what is older was left by one that died.
LONGEST = timedelta(minutes=10)


def new_title() -> str:
    """Return a title for one self-test."""
    return f"TEST{secrets.token_hex(4).upper()}"


def clear_leftovers(store: Store) -> None:
    """Take away what self-tests left that could not do so themselves, such as by `kill -9`."""
    tried = select(AuditRow.detail).where(
        or_(AuditRow.act == ACT, (AuditRow.act == "site") & (AuditRow.outcome == ACT))
    )
    dead = select(Device).where(Device.ae_title.in_(tried), Device.created_at < now() - LONGEST)
    with store.writing() as session:
        for device in session.scalars(dead).all():
            site, said = session.get_one(Site, device.site_id).name, f"{device.ae_title}: cleared afterwards"
            clear(session, device)
            entry = audit.entry(ACT, f"site:{site}", "broken-off", site=site, detail=said)
            audit.append(session, entry)


def clear(session: Session, device: Device) -> None:
    """Take away a test's orders and its device, and reject its studies; their files stay, like all others."""
    _reject(session, (Instance.site_id == device.site_id) & (Instance.calling_ae == device.ae_title))
    _delete_orders(session, device)
    asked = select(Commitment).where(
        Commitment.site_id == device.site_id, Commitment.calling_ae == device.ae_title
    )
    for commitment in session.scalars(asked.where(Commitment.state == "asked")):
        move_commitment(session, commitment, "given-up")
    session.delete(device)
    session.flush()


def reject_rebuilt(session: Session) -> int:
    """Reject what self-tests sent in an index that was rebuilt from files; return how many studies.

    A file says the title that a test called with and no more: no device row is left of it.
    """
    titles = session.scalars(select(Instance.calling_ae).where(Instance.calling_ae.like("TEST%")).distinct())
    called = Instance.calling_ae.in_([title for title in titles if TITLE.fullmatch(title)])
    return _reject(session, called)


def _reject(session: Session, called: ColumnElement[bool]) -> int:
    """A study on which somebody signed a report meanwhile is theirs, and stays."""
    of_test = select(Instance.id).where(Instance.study_id == Study.id, called)
    found = session.scalars(
        select(Study)
        .join(Patient, Patient.id == Study.patient_row)
        .where(
            Patient.patient_id.startswith(f"{NUMBER}-"),
            Study.state.in_((*UNREPORTED, "quarantined")), of_test.exists(),
        )
    ).all()  # fmt: skip
    for study in found:
        move_study(session, study, "study-rejected")
        study.note = noted(study.note, "selftest")
    return len(found)


def _delete_orders(session: Session, device: Device) -> None:
    """A cancelled order could be brought back, onto the worklist of real devices; a deleted one cannot."""
    orders = session.scalars(
        select(ExamOrder).where(
            ExamOrder.site_id == device.site_id, ExamOrder.created_by == WRITER,
            ExamOrder.station_ae == device.ae_title,
        )
    ).all()  # fmt: skip
    begun = PerformedStep.order_id.in_([order.id for order in orders])
    session.execute(update(PerformedStep).where(begun).values(order_id=None))
    for order in orders:
        session.delete(order)
