"""What a self-test leaves in the hub, found by the title that it called with, and taken away again."""

from datetime import timedelta

from sqlalchemy import or_, select, update
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
#: Who wrote an order of a self-test, and how the numbers of its patients begin.
WRITER, NUMBER = "self-test", "SELFTEST"
#: A self-test is over after this, however slowly the hub answers; what is older was left by one that died.
LONGEST = timedelta(minutes=10)


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
    _reject_studies(session, device)
    _delete_orders(session, device)
    asked = select(Commitment).where(
        Commitment.site_id == device.site_id, Commitment.calling_ae == device.ae_title
    )
    for commitment in session.scalars(asked.where(Commitment.state == "asked")):
        move_commitment(session, commitment, "given-up")
    session.delete(device)
    session.flush()


def _reject_studies(session: Session, device: Device) -> None:
    """A study on which somebody signed a report meanwhile is theirs, and stays."""
    of_test = select(Instance.id).where(Instance.study_id == Study.id, Instance.calling_ae == device.ae_title)
    found = session.scalars(
        select(Study)
        .join(Patient, Patient.id == Study.patient_row)
        .where(
            Patient.site_id == device.site_id, Patient.patient_id.startswith(f"{NUMBER}-"),
            Study.state.in_((*UNREPORTED, "quarantined")), of_test.exists(),
        )
    )  # fmt: skip
    for study in found.all():
        move_study(session, study, "study-rejected")
        study.note = noted(study.note, "selftest")


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
