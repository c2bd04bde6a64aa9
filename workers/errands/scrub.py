"""Reads part of the kept files again every night and flags what is damaged; the next errand goes on."""

from sqlalchemy.orm import Session

from dicom.scrub import scrub
from hub.store.errands import Task, write_errand
from workers.desk import Desk, Done

KIND = "scrub"
QUEUE = "post"
#: One errand's share of the night, well within its lease.
SECONDS = 30.0


def work(desk: Desk, task: Task) -> Done:
    """Compare the files behind the row that the errand names."""
    seen = scrub(desk.store, task.subject_id, SECONDS)

    def record(session: Session) -> None:
        if seen.last:
            night = task.created_at.astimezone(desk.settings.zone).date()
            write_errand(session, KIND, seen.last, key=f"{KIND}:{night}:{seen.last}")

    return Done(record)
