"""Draws the picture that a reader sees first, so that nobody waits for it."""

from contextlib import suppress

from dicom.errors import DicomError
from dicom.facts import kind_of
from dicom.rendered import SCREEN_SIDE, View, rendered
from hub.store.errands import Task
from hub.store.tables import Instance
from workers.desk import Desk, Done

KIND = "draw"
QUEUE = "read"


def work(desk: Desk, task: Task) -> Done:
    """Draw it unless it is drawn; what cannot be drawn says so when it is looked at."""
    with desk.store.reading() as session:
        instance = session.get_one(Instance, task.subject_id)
    if kind_of(instance.sop_class_uid, instance.rows) == "image":
        with suppress(DicomError):
            file = desk.store.vault.path(instance.file_key)
            rendered(desk.store, instance, file, View(longest_side=SCREEN_SIDE))
    return Done()
