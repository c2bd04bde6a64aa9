"""Asks the destination whether the report is really there."""

from dicom.errors import DicomError
from dicom.find import NoQuery, found_at
from hub.store.deliveries import Attempt, record_attempt
from hub.store.errands import Task
from hub.store.made import made_for_report
from hub.store.sites import ReturnNode, return_node
from hub.store.tables import Delivery, Site, Study
from workers.desk import Desk, Done, Later, Result

KIND = "confirm"
QUEUE = "post"

#: Seconds after which a destination that did not answer, or did not have it yet, is asked again.
ASK_AGAIN_SECONDS = (2.0, 10.0, 60.0, 600.0)


def work(desk: Desk, task: Task) -> Result:
    """Confirm by C-FIND; a peer that cannot be asked leaves the delivery at "sent"."""
    with desk.store.reading() as session:
        delivery = session.get_one(Delivery, task.subject_id)
        node = return_node(session.get_one(Site, delivery.site_id))
        study_uid = session.get_one(Study, delivery.study_id).study_instance_uid
        uids = [made.sop_instance_uid for made in made_for_report(session, delivery.report_id)]
    if node is None or delivery.state != "sent":
        return Done()
    return _asked(desk, task, node, (study_uid, uids))


def _asked(desk: Desk, task: Task, node: ReturnNode, what: tuple[str, list[str]]) -> Result:
    try:
        answer = found_at(node, what[0], what[1], desk.settings.ae_title)
    except DicomError as error:
        return _again(task, str(error))
    if isinstance(answer, NoQuery):
        return Done()
    if answer.missing:
        return _again(task, "not found there yet")
    found = Attempt("found-there", detail="found there by C-FIND")
    return Done(lambda session: record_attempt(session, session.get_one(Delivery, task.subject_id), found))


def _again(task: Task, why: str) -> Result:
    if task.attempts > len(ASK_AGAIN_SECONDS):
        return Done()
    return Later(ASK_AGAIN_SECONDS[task.attempts - 1], why, attempts=task.attempts)
