"""Asks the destination whether it keeps the report: by storage commitment, else by a query."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from dicom.commitment import Result as Committed
from dicom.commitment import ask_commitment
from dicom.errors import DicomError, NoAssociation
from dicom.find import NoQuery, found_at
from hub.store.commitments import take_result, transaction_of
from hub.store.deliveries import Attempt, record_attempt
from hub.store.errands import Task
from hub.store.made import made_for_report
from hub.store.sites import ReturnNode, return_node
from hub.store.tables import Delivery, MadeObject, Site, Study
from workers.desk import Desk, Done, Later, Result

KIND = "confirm"
QUEUE = "post"

#: Seconds after which a destination that did not answer, or did not have it yet, is asked again.
ASK_AGAIN_SECONDS = (2.0, 10.0, 60.0, 600.0)
#: Seconds for which the result of a commitment is awaited before the destination is asked by a query.
AWAIT_RESULT_SECONDS = 60.0


@dataclass(frozen=True)
class _Sent:
    """A report at its destination: where, under which study, as which objects."""

    node: ReturnNode
    site_id: int
    study_uid: str
    made: list[MadeObject]

    def uids(self) -> list[str]:
        return [one.sop_instance_uid for one in self.made]


def work(desk: Desk, task: Task) -> Result:
    """Confirm the delivery; a peer that can be asked in neither way leaves it at "sent"."""
    with desk.store.reading() as session:
        delivery = session.get_one(Delivery, task.subject_id)
        node = return_node(session.get_one(Site, delivery.site_id))
        study_uid = session.get_one(Study, delivery.study_id).study_instance_uid
        made = made_for_report(session, delivery.report_id)
    if node is None or delivery.state != "sent":
        return Done()
    sent = _Sent(node, delivery.site_id, study_uid, made)
    return _queried(desk, task, sent) if delivery.transaction_uid else _committed(desk, task, sent)


def _committed(desk: Desk, task: Task, sent: _Sent) -> Result:
    """Ask for a commitment, once; where that is not offered, ask by a query at once."""
    with desk.store.writing() as session:
        transaction = transaction_of(session, session.get_one(Delivery, task.subject_id))
    named = [(one.sop_class_uid, one.sop_instance_uid) for one in sent.made]
    try:
        result = ask_commitment(sent.node, desk.settings.ae_title, transaction, named)
    except NoAssociation:
        return _queried(desk, task, sent)
    if result is None:
        return Later(AWAIT_RESULT_SECONDS, "waits for the destination to commit")
    return Done(lambda session: _take(session, sent, result))


def _take(session: Session, sent: _Sent, result: Committed) -> None:
    take_result(session, sent.site_id, result.transaction_uid, result.committed, result.failed)


def _queried(desk: Desk, task: Task, sent: _Sent) -> Result:
    try:
        answer = found_at(sent.node, sent.study_uid, sent.uids(), desk.settings.ae_title)
    except DicomError as error:
        return _again(task, str(error))
    if isinstance(answer, NoQuery):
        return Done()
    if answer.missing:
        return _again(task, "not found there yet")
    found = Attempt("found-there", detail="found there by C-FIND", proof="query")
    return Done(lambda session: record_attempt(session, session.get_one(Delivery, task.subject_id), found))


def _again(task: Task, why: str) -> Result:
    if task.attempts > len(ASK_AGAIN_SECONDS):
        return Done()
    return Later(ASK_AGAIN_SECONDS[task.attempts - 1], why, attempts=task.attempts)
