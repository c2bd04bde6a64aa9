"""Writes a rejection as an IOCM key object, and sends it to the site's return node where it has one.

One that was taken back is sent to nobody; its object is kept anew, with a receipt that says so.
"""

import random

from sqlalchemy.orm import Session

from dicom.errors import NoAssociation
from dicom.part10 import read_receipt
from dicom.send import send_files
from dicom.write.rejection_note import rejection_note
from dicom.write.source import Naming
from hub.domain.errand import delivery_delay_seconds, delivery_is_over
from hub.domain.uid import uid_from
from hub.store import audit, now
from hub.store.errands import Task
from hub.store.made import add_made, made_for_rejection
from hub.store.rejection_receipt import receipt_of_rejection
from hub.store.rejections import TELL
from hub.store.sites import return_node
from hub.store.tables import MadeObject, Rejection, Site, Study
from workers.desk import Desk, Done, GivenUp, Later, Result
from workers.making.keep import keep_anew, keep_made
from workers.making.sources import rejected_source

KIND = TELL
QUEUE = "post"
NOTE = "rejection-note"
SERIES = 8102


def work(desk: Desk, task: Task) -> Result:
    """Make the object once, and tell the site's node, for a week where it is away."""
    made = _made(desk, task.subject_id)
    with desk.store.reading() as session:
        rejection = session.get_one(Rejection, task.subject_id)
        withdrawn = rejection.withdrawal is not None
        site = session.get_one(Site, rejection.site_id)
        node = return_node(site)
    if withdrawn:
        return _kept_anew(desk, made)
    if node is None:
        return Done()
    try:
        (result,) = send_files(node, [desk.store.vault.path(made.file_key)], desk.settings.ae_title)
    except NoAssociation as error:
        return _later(task, str(error))
    if result.outcome == "failed":
        return _later(task, result.detail)

    def record(session: Session) -> None:
        thing = f"instance:{made.sop_instance_uid}"
        said = f"to {node} {result.detail}".rstrip()
        audit.append(session, audit.entry("reject", thing, "told", site=site.name, detail=said))

    return Done(record)


def _later(task: Task, why: str) -> Result:
    if delivery_is_over((now() - task.created_at).total_seconds()):
        return GivenUp(why)
    return Later(delivery_delay_seconds(task.attempts, random.random()), why, attempts=task.attempts)


def _kept_anew(desk: Desk, made: MadeObject) -> Done:
    """Keep the same object once more under a receipt that tells of the withdrawal; the first file stays."""
    if read_receipt(desk.store.vault.path(made.file_key))["rejection"].get("withdrawal"):
        return Done()
    with desk.store.reading() as session:
        told = receipt_of_rejection(session, session.get_one(Rejection, made.rejection_id))
    key = keep_anew(desk.store, made, rejection=told)

    def record(session: Session) -> None:
        session.get_one(MadeObject, made.id).file_key = key

    return Done(record)


def _made(desk: Desk, rejection_id: int) -> MadeObject:
    """Return the object's row; it is written before anything is sent, so that a retry sends these bytes."""
    with desk.store.reading() as session:
        rejection = session.get_one(Rejection, rejection_id)
        known = made_for_rejection(session, rejection_id)
        source = rejected_source(session, session.get_one(Study, rejection.study_id), rejection)
        told = receipt_of_rejection(session, rejection)
    if known is not None:
        return known
    at = rejection.at.astimezone(desk.settings.zone)
    series = uid_from("rejection", source.study_instance_uid)
    naming = Naming(rejection.ko_uid, series, at, SERIES, rejection.id)
    person = rejection.user.display_name
    note = rejection_note(rejection.reason, rejection.words, source, person, naming)
    row = keep_made(desk.store, note, NOTE, rejection.study_id, rejection=told)
    row.rejection_id = rejection_id
    with desk.store.writing() as session:
        add_made(session, [row])
    return row
