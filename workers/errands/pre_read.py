"""Puts one instance before the models and keeps what they say."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial

from sqlalchemy.orm import Session

from ai_models.subjects import Subject
from dicom.errors import DicomError
from dicom.load import load_dataset
from hub.domain.finding import Reading
from hub.domain.uid import new_uid
from hub.store.errands import Task
from hub.store.pre_reads import Said, Unread, keep_readings, unread
from workers.desk import Desk, Done, GivenUp
from workers.subjects import Rules, not_assessed, read_all_by, read_by, reason_of, subject_of

KIND = "pre-read"
QUEUE = "read"


def work(desk: Desk, task: Task) -> Done:
    """Read the instance, unless it has a reading in effect; what no model takes is "not assessed"."""
    (read,) = work_all(desk, [task])
    return read()


def work_all(desk: Desk, tasks: Sequence[Task]) -> list[Callable[[], Done]]:
    """Return what reads each instance; what they need is looked up for all at once.

    Where a GPU runs the models the first of them reads all, in as few runs as it can.
    """
    with desk.store.reading() as session:
        found = unread(session, [task.subject_id for task in tasks])
    if len(tasks) > 1 and any(model.together > 1 for model in desk.models):
        together = _Together(desk, found)
        return [partial(_done, task, found, together.reading_of) for task in tasks]
    return [partial(_done, task, found, partial(_read, desk)) for task in tasks]


def _done(task: Task, found: Mapping[int, Unread], read: Callable[[Unread], Reading]) -> Done:
    instance = found.get(task.subject_id)
    if instance is None:
        return Done()
    return Done(together=_record_all, said=(task.subject_id, read(instance), new_uid()))


def _read(desk: Desk, instance: Unread) -> Reading:
    try:
        subject = _subject(desk, instance)
        return read_by(desk.models, subject, _rules(desk, instance))
    except DicomError as error:
        return not_assessed(reason_of(error))


def _rules(desk: Desk, instance: Unread) -> Rules:
    return Rules(desk.settings.ecg_rules, instance.thresholds)


def _subject(desk: Desk, instance: Unread) -> Subject:
    return subject_of(load_dataset(desk.store.vault.path(instance.file_key)))


class _Together:
    """The readings of several instances, all made when the first is asked for."""

    def __init__(self, desk: Desk, found: Mapping[int, Unread]) -> None:
        self._desk, self._found = desk, found

    def reading_of(self, instance: Unread) -> Reading:
        """Return one; what could not be shown to a model is read, or fails, by itself."""
        return self._readings.get(instance.file_key) or _read(self._desk, instance)

    @cached_property
    def _readings(self) -> dict[str, Reading]:
        subjects: dict[str, Subject] = {}
        for instance in self._found.values():
            with suppress(DicomError, OSError):
                subjects[instance.file_key] = _subject(self._desk, instance)
        rules = [_rules(self._desk, one) for one in self._found.values() if one.file_key in subjects]
        made = read_all_by(self._desk.models, list(subjects.values()), rules)
        return dict(zip(subjects, made, strict=True))


def poisoned(desk: Desk, task: Task) -> GivenUp:
    """An instance on which every worker died is set apart; the reader is told that no model read it."""
    said = (task.subject_id, not_assessed("failed:worker-lost"), new_uid())
    return GivenUp("the pre-read ended its workers", lambda session: _record_all(session, [said]))


def _record_all(session: Session, said: list[Said]) -> None:
    keep_readings(session, said)
