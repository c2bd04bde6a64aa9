"""Tells the nodes that asked for it that a study is available."""

import random

from dicom.availability import notify
from dicom.errors import NoAssociation
from hub.domain.errand import delivery_delay_seconds, delivery_is_over
from hub.store import now
from hub.store.availability import TELL, available
from hub.store.errands import Task
from workers.desk import Desk, Done, GivenUp, Later, Result

KIND = TELL
QUEUE = "post"


def work(desk: Desk, task: Task) -> Result:
    """Tell everybody who wants to know; those who were away are told later, for a week at most.

    Who refuses for good is not asked again, and who was told already knows the notification by its UID.
    """
    with desk.store.reading() as session:
        what = available(session, task.subject_id)
    away = []
    for node in what.listeners if what else ():
        try:
            notify(node, desk.settings.ae_title, what)  # type: ignore[arg-type]
        except NoAssociation as error:
            away += [] if error.for_good else [str(error)]
    if not away:
        return Done()
    if delivery_is_over((now() - task.created_at).total_seconds()):
        return GivenUp(away[0])
    return Later(delivery_delay_seconds(task.attempts, random.random()), away[0], attempts=task.attempts)
