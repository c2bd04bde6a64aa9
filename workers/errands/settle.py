"""Counts a study as arrived when its sender has been quiet long enough."""

from hub.store.errands import Task
from hub.store.performed_steps import seconds_to_wait
from hub.store.settling import settle_studies
from hub.store.tables import Study
from workers.desk import Desk, Done, Later, Result

KIND = "settle"
QUEUE = "post"


def work(desk: Desk, task: Task) -> Result:
    """Settle the study, unless a device announced more: that is waited for, within bounds."""
    with desk.store.reading() as session:
        wait = seconds_to_wait(session, session.get_one(Study, task.subject_id))
    if wait:
        return Later(wait, "waits for what the device announced")
    return Done(lambda session: settle_studies(session, [session.get_one(Study, task.subject_id)]))
