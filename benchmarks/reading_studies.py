"""The studies that `reading.py` has read: drawn or recorded, kept in the hub, with what a model said."""

from collections.abc import Callable
from typing import Any

import numpy as np
from pydicom import Dataset
from sqlalchemy import select, update

from ai_models.ecg_measure.measure import measure
from benchmarks.dicomweb import _film as flat_panel
from benchmarks.reading_room import Place
from dicom.load import load_dataset
from dicom.make.person import Exam, Person, new_object
from dicom.rendered import SCREEN_SIDE, View, rendered
from dicom.waveform import ecg_record
from hub.domain.finding import Box, Finding, Reading, Statement
from hub.store.claims import release
from hub.store.pre_reads import keep_reading
from hub.store.tables import Instance, Study
from tests.plugins.reading_page import _ecg as recording
from tests.plugins.reading_page import keep


def small_film(place: Place) -> int:
    """A small film that stands for the study read before or after."""
    if "small" not in place.studies:
        place.studies["small"] = film_study(place, None)
    return place.studies["small"]


def film_study(place: Place, probability: float | None) -> int:
    """A film of 2 MB that the chest model read: below its threshold, or with a box."""
    study = kept_study(place, lambda person, exam: [large_film(person, exam, 3)], "DX", "CHEST")
    p = 0.1 if probability is None else probability
    boxes = (Box((200.0, 300.0, 500.0, 700.0), p),) if probability else ()
    found = Finding("pneumonia", "肺炎", "pneumonia", p, 0.5, p >= 0.5, boxes)
    _pre_read(place, study, Reading("chest-pneumonia", "1.0", "0" * 64, True, findings=(found,)))
    return study


def ecg_study(place: Place, sample: str) -> int:
    place.made += 1
    person = Person(f"B{place.made}", f"Ce^Shi=测^{place.made}", "F", "19550304")
    study = keep(place.store, place.folder, [_own(recording(sample, person, "20261121100000"), place.made)])
    with place.store.reading() as session:
        row = session.scalars(select(Instance).where(Instance.study_id == study)).one()
    values = measure(ecg_record(load_dataset(place.store.vault.path(row.file_key))))
    normal = sample == "ecg-normal.npz"
    code, zh = ("sub_NORM", "正常心电图") if normal else ("rhythm_AFLT", "心房扑动")
    found = Finding(code, zh, code, 0.95, 0.5, True)
    said = Statement(code, "overall" if normal else "rhythm", zh, code, 0.95)
    reading = Reading(
        "ecg", "1.0", "0" * 64, True, findings=(found,), measurements=values, statements=(said,)
    )
    _pre_read(place, study, reading)
    return study


def _own(dataset: Dataset, number: int) -> Dataset:
    """Give an object UIDs of its own, so that it is a study of its own."""
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dataset, name, f"2.25.{number}{len(name)}7")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _pre_read(place: Place, study: int, reading: Reading) -> None:
    with place.store.writing() as session:
        row = session.scalars(select(Instance).where(Instance.study_id == study)).one()
        keep_reading(session, row, reading, f"2.25.9{study}")


def kept_study(place: Place, make: Callable[[Person, Exam], Any], modality: str, part: str) -> int:
    place.made += 1
    number = place.made
    person = Person(f"B{number}", f"Ce^Shi=测^{number}", "M", "19600102")
    exam = Exam(f"bench-{number}", f"20261121{number % 24:02}0000", f"{part} {modality}", f"N{number}", part)
    study = keep(place.store, place.folder, make(person, exam))
    with place.store.reading() as session:
        rows = session.scalars(select(Instance).where(Instance.study_id == study)).all()
    # What a worker draws when a picture comes: the first ones are looked at first.
    for row in rows[:2]:
        rendered(place.store, row, place.store.vault.path(row.file_key), View(longest_side=SCREEN_SIDE))
    return study


def large_film(person: Person, exam: Exam, coarser: int = 1) -> Dataset:
    """The flat panel's film as an object of its own; every `coarser`th pixel of it."""
    drawn = flat_panel()
    film = new_object("1.2.840.10008.5.1.4.1.1.1.1", person, exam)
    pixels = np.frombuffer(drawn.PixelData, "<u2").reshape(drawn.Rows, drawn.Columns)[::coarser, ::coarser]
    film.Modality, film.BodyPartExamined, film.ViewPosition = "DX", "CHEST", "PA"
    film.ImagerPixelSpacing = [0.14 * coarser, 0.14 * coarser]
    for name in (
        "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
        "PhotometricInterpretation", "WindowCenter", "WindowWidth",
    ):  # fmt: skip
        setattr(film, name, drawn[name].value)
    film.Rows, film.Columns = pixels.shape
    film.PixelData = pixels.tobytes()
    return film


def make_urgent(place: Place, study: int) -> None:
    """Make `study` the one that is read next, and the small film the one after it."""
    with place.store.writing() as session:
        session.execute(update(Study).values(priority="routine"))
        session.execute(update(Study).where(Study.id == study).values(priority="critical"))
        small = place.studies.get("small")
        if small:
            session.execute(update(Study).where(Study.id == small).values(priority="urgent"))


def put_by(place: Place, *studies: int) -> None:
    """Take studies out of everybody's list, claims with them."""
    with place.store.writing() as session:
        for study in studies:
            row = session.get_one(Study, study)
            release(session, row)
            if study != place.studies.get("small") and row.state in ("ready", "drafted", "written"):
                row.state = "rejected"
