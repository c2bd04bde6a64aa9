"""Compares a re-send in another transfer syntax with what is held: the same is dropped, else flagged."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from dicom.load import load_dataset
from dicom.sameness import says_the_same
from hub.store.arrivals import unflag
from hub.store.errands import Task, write_errand
from hub.store.tables import Instance, KeptAside
from workers.desk import Desk, Done

KIND = "compare"
QUEUE = "read"


def work(desk: Desk, task: Task) -> Done:
    """Decide whether the kept-aside file says the same as the instance it repeats."""
    with desk.store.reading() as session:
        aside = session.get_one(KeptAside, task.subject_id)
        held = session.scalars(
            select(Instance).where(
                Instance.sop_instance_uid == aside.sop_instance_uid, Instance.site_id == aside.site_id
            )
        ).one()
        paths = desk.store.vault.path(held.file_key), desk.store.vault.path(aside.file_key)
    return _verdict(task, "same" if says_the_same(*map(load_dataset, paths)) else "open")


def poisoned(desk: Desk, task: Task) -> Done:
    """What cannot be compared stays kept aside for a person."""
    return _verdict(task, "open")


def _verdict(task: Task, state: str) -> Done:
    def record(session: Session) -> None:
        aside = session.get_one(KeptAside, task.subject_id)
        aside.state = state
        if state == "same":
            write_errand(session, "drop-aside", aside.id)
            unflag(session, aside)

    return Done(record)
