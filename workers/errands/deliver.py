"""Sends one report version to one destination, and says truthfully how that went."""

import random

from sqlalchemy.orm import Session

from dicom.errors import DicomError
from dicom.send import SendResult, send_files
from dicom.status import SUCCESS
from hub.domain.errand import delivery_delay_seconds, delivery_is_over
from hub.store import now
from hub.store.deliveries import Attempt, earlier_undelivered, record_attempt
from hub.store.errands import Task, write_errand
from hub.store.made import made_for_report
from hub.store.sites import return_node
from hub.store.tables import Delivery, Site
from workers.desk import Desk, Done, GivenUp, Later, Result

KIND = "deliver"
QUEUE = "post"

#: Seconds until a version looks again whether the one before it has gone out.
WAIT_FOR_EARLIER_SECONDS = 30.0


def work(desk: Desk, task: Task) -> Result:
    """Send the SR and the PDF in one association, or place the report in the township's inbox."""
    with desk.store.reading() as session:
        delivery = session.get_one(Delivery, task.subject_id)
        if delivery.state not in ("queued", "failing"):
            return Done()
        if earlier_undelivered(session, delivery):
            return Later(WAIT_FOR_EARLIER_SECONDS, "an earlier version goes first")
        node = return_node(session.get_one(Site, delivery.site_id))
        files = [
            desk.store.vault.path(made.file_key) for made in made_for_report(session, delivery.report_id)
        ]
    if delivery.channel == "inbox":
        return _done(task, Attempt("accepted", detail="placed in the inbox"))
    if node is None:
        return _failed(task, delivery, Attempt("failed", detail="the site has no return node any more"))
    try:
        return _judged(task, delivery, send_files(node, files, desk.settings.ae_title))
    except DicomError as error:
        return _failed(task, delivery, Attempt("failed", detail=str(error)))


def poisoned(desk: Desk, task: Task) -> Result:
    """A sending that killed its workers counts as a failed try; the report stays queued for the rest."""
    with desk.store.reading() as session:
        delivery = session.get_one(Delivery, task.subject_id)
    return _failed(task, delivery, Attempt("failed", detail="the sending process ended unexpectedly"))


def _judged(task: Task, delivery: Delivery, results: list[SendResult]) -> Result:
    """The worst outcome of the association is the delivery's; no answer at all counts as a failure."""
    for result in results:
        if result.outcome == "failed":
            return _failed(task, delivery, Attempt("failed", result.status, detail=result.detail))
    warned = next((result for result in results if result.outcome == "warned"), None)
    if warned is not None:
        return _done(task, Attempt("accepted", warned.status, True, warned.detail), confirm=True)
    return _done(task, Attempt("accepted", SUCCESS), confirm=True)


def _done(task: Task, attempt: Attempt, confirm: bool = False) -> Done:
    def record(session: Session) -> None:
        record_attempt(session, session.get_one(Delivery, task.subject_id), attempt)
        if confirm:
            write_errand(session, "confirm", task.subject_id)

    return Done(record)


def _failed(task: Task, delivery: Delivery, attempt: Attempt) -> Result:
    """Try again later, or for a week at most; a refusal is shown as one all the while."""
    if delivery_is_over((now() - task.created_at).total_seconds()):
        over = Attempt("given-up", attempt.status, detail=attempt.detail)
        return GivenUp(attempt.detail, lambda session: _record(session, task, over))
    wait = delivery_delay_seconds(delivery.failures + 1, random.random())
    failed = Attempt("failed", attempt.status, detail=attempt.detail, next_try_in=wait)
    return Later(wait, attempt.detail, record=lambda session: _record(session, task, failed))


def _record(session: Session, task: Task, attempt: Attempt) -> None:
    record_attempt(session, session.get_one(Delivery, task.subject_id), attempt)
