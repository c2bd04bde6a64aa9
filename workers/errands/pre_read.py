"""Puts one instance before the models and keeps what they say."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from ai_models.registry import pre_read
from dicom.errors import DicomError
from dicom.load import load_dataset
from hub.domain.finding import Reading
from hub.domain.uid import new_uid
from hub.store.errands import Task
from hub.store.pre_reads import keep_reading, reading_in_effect
from hub.store.tables import Instance
from workers.desk import Desk, Done, GivenUp
from workers.subjects import not_assessed, reason_of, subject_of

KIND = "pre-read"
QUEUE = "read"


def work(desk: Desk, task: Task) -> Done:
    """Read the instance, unless it has a reading in effect; what no model takes is "not assessed"."""
    with desk.store.reading() as session:
        if reading_in_effect(session, task.subject_id) is not None:
            return Done()
        key = session.get_one(Instance, task.subject_id).file_key
    try:
        reading = pre_read(desk.models, subject_of(load_dataset(desk.store.vault.path(key))))
    except DicomError as error:
        reading = not_assessed(reason_of(error))
    return Done(_record(task, reading))


def poisoned(desk: Desk, task: Task) -> GivenUp:
    """An instance on which every worker died is set apart; the reader is told that no model read it."""
    return GivenUp("the pre-read ended its workers", _record(task, not_assessed("failed:worker-lost")))


def _record(task: Task, reading: Reading) -> Callable[[Session], None]:
    def record(session: Session) -> None:
        keep_reading(session, session.get_one(Instance, task.subject_id), reading, new_uid())

    return record
