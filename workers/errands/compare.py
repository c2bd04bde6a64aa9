"""Compares a re-send in another transfer syntax with what is held: the same is dropped, else flagged."""

from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID, JPEGLSNearLossless
from sqlalchemy import select
from sqlalchemy.orm import Session

from dicom.load import load_dataset
from hub.store.arrivals import unflag
from hub.store.errands import Task, write_errand
from hub.store.tables import Instance, KeptAside
from workers.desk import Desk, Done

KIND = "compare"
QUEUE = "read"

#: What makes two data sets speak of the same picture of the same person.
IDENTITY = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID",
    "PatientBirthDate", "PatientSex", "Rows", "Columns", "NumberOfFrames", "AccessionNumber",
)  # fmt: skip

#: Syntaxes that lose nothing (PS3.5 A.4): a picture in any other proves no sameness.
LOSSY = {
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", JPEGLSNearLossless,
    "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.93", "1.2.840.10008.1.2.4.203",
}  # fmt: skip


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
    return _verdict(task, "same" if _says_the_same(*paths) else "open")


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


def _says_the_same(held: Path, aside: Path) -> bool:
    ours, theirs = load_dataset(held), load_dataset(aside)
    return _same_identity(ours, theirs) and _same_pixels(ours, theirs)


def _same_identity(ours: Dataset, theirs: Dataset) -> bool:
    same = all(ours.get(keyword) == theirs.get(keyword) for keyword in IDENTITY)
    return same and str(ours.get("PatientName", "")) == str(theirs.get("PatientName", ""))


def _same_pixels(ours: Dataset, theirs: Dataset) -> bool:
    syntaxes = {UID(ours.file_meta.TransferSyntaxUID), UID(theirs.file_meta.TransferSyntaxUID)}
    if syntaxes & LOSSY or "PixelData" not in ours or "PixelData" not in theirs:
        return False
    return bool(np.array_equal(ours.pixel_array, theirs.pixel_array))
