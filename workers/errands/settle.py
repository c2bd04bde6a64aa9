"""Counts a study as arrived when its sender has been quiet long enough."""

from dicom.shared_studies import is_brought, place_of
from hub.store.engine import now
from hub.store.errands import Task
from hub.store.performed_steps import seconds_to_wait
from hub.store.settling import settle_studies
from hub.store.tables import Study
from workers.desk import Desk, Done, Later, Result

KIND = "settle"
QUEUE = "post"
#: Seconds after which a study is looked at again that an open association brings; one that brings nothing
#: more of it for the longer time, since it brings other studies or asks for an echo, holds up no patient.
HELD_SECONDS, LONGEST_HELD_SECONDS = 2.0, 600.0


def work(desk: Desk, task: Task) -> Result:
    """Settle the study, unless more of it is known to come: that is waited for, within bounds."""
    with desk.store.reading() as session:
        study = session.get_one(Study, task.subject_id)
        wait = seconds_to_wait(session, study)
        site, uid = study.site.name, study.study_instance_uid
        quiet = (now() - study.last_instance_at).total_seconds()
    if wait:
        return Later(wait, "waits for what the device announced, or has to send again")
    if quiet < LONGEST_HELD_SECONDS and is_brought(place_of(desk.store), site, uid):
        return Later(HELD_SECONDS, "an association still brings it")
    return Done(lambda session: settle_studies(session, [session.get_one(Study, task.subject_id)]))
