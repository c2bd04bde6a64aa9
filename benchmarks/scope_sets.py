"""The sets of the scope evaluation: what must be read, and what no model, or not this one, may read."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_models.subjects import Picture, Subject
from benchmarks.pack_objects import twelve
from benchmarks.spoiled_films import BONE_KINDS, CHEST_KINDS
from dicom.errors import DicomError
from dicom.load import load_dataset
from dicom.pixels import shown_pixels
from hub.domain.subject import TWELVE_LEADS, EcgRecord, ImageFacts
from workers.subjects import loaded, reason_of, subject_of

CHEST, BONE, ECG = "chest_pneumonia", "bone_fracture", "ecg_ptbxl"
SEED = 20261126
DX = "1.2.840.10008.5.1.4.1.1.1.1"
SILENT = ImageFacts(DX, modality="DX")
HEADERS = {
    CHEST: replace(SILENT, body_part="CHEST", view_position="PA"), BONE: replace(SILENT, body_part="HAND"),
}  # fmt: skip
#: Categories and body parts of the DICOM pack's manifest that are films of the chest.
CHEST_PARTS = ("CHEST", "THORAX")


@dataclass(frozen=True)
class Case:
    """One object: its kind, what its header says, the model that must read it ("" for none), the models that
    must not, and the subject or why it could not even be shown to a model."""

    kind: str
    header: str
    wanted: str
    barred: tuple[str, ...]
    subject: Subject | str


def films(data: Path) -> Iterator[Case]:
    """Yield the chest films of test and the bone films of devtest, as they are and spoiled in every way.

    Each is shown twice: under a header that names the part, and under one that names none. Films of the other
    part are shown under a header that lies.
    """
    for own, other, pictures, spoilings in (
        (CHEST, BONE, chest_films(data / "cxr", "test"), CHEST_KINDS),
        (BONE, CHEST, bone_films(data / "fracture", "devtest"), BONE_KINDS),
    ):
        name = "chest film" if own == CHEST else "bone film"
        random = np.random.default_rng(SEED)
        for film in pictures:
            yield Case(name, "names the part", own, (other,), Picture(film, HEADERS[own]))
            yield Case(name, "names no part", own, (other,), Picture(film, SILENT))
            yield Case(f"{name} before the other model", "names the other part", "", (other,),
                       Picture(film, HEADERS[other]))  # fmt: skip
            for kind, spoil in spoilings.items():
                spoiled = spoil(film, random)
                for header, facts in (("names the part", HEADERS[own]), ("names no part", SILENT)):
                    yield Case(f"{name}, {kind}", header, "", (own, other), Picture(spoiled, facts))


def ecgs(data: Path) -> Iterator[Case]:
    """Yield the tracings of fold 9, which the ECG model reads and no film model may be given."""
    with np.load(data / "ecg" / "ptbxl100_fold9.npz") as fold:
        zigzag = fold["lo"].astype(np.int32) | (fold["hi"].astype(np.int32) << 8)
    for leads in ((zigzag >> 1) ^ -(zigzag & 1)).cumsum(-1) * 5.0:
        record = EcgRecord(TWELVE_LEADS, 100.0, twelve(leads).astype(np.float32))
        yield Case("ECG, fold 9", "ECG", ECG, (CHEST, BONE), record)


def objects(data: Path) -> Iterator[Case]:
    """Yield every row of the DICOM pack that is no chest film, as it is, and the pictures among them again
    under the header of a chest film."""
    for row in _rows(data / "dicom" / "manifest.csv"):
        if any(part in row["body_part"].upper() for part in CHEST_PARTS):
            continue
        path = data / "dicom" / row["file"]
        modality = row["modality"] if row["modality"] in ("CT", "MR", "US", "ECG") else "other"
        barred = (CHEST,) if row["modality"] in ("CR", "DX") else (CHEST, BONE)
        yield Case(f"DICOM pack, {modality}", "its own", "", barred, _shown(path))
        pixels = _pixels(path)
        if pixels is not None and row["modality"] not in ("CR", "DX"):
            yield Case(f"DICOM pack, picture of {modality}", "lies: DX, CHEST", "", (CHEST, BONE),
                       Picture(pixels, HEADERS[CHEST]))  # fmt: skip


def wrong_photometric(data: Path) -> Iterator[Case]:
    """Yield chest films as DICOM objects with each PhotometricInterpretation that is not theirs."""
    from benchmarks.pack_objects import _exam, _film

    rows = _rows(data / "cxr" / "labels.csv")
    chosen = [row for row in rows if row["split"] == "test"][::4]
    for number, row in enumerate(chosen):
        for wrong in ("MONOCHROME1", "RGB", "PALETTE COLOR", "YBR_FULL"):
            dataset = _film(_bytes(data / "cxr", row), _exam("scope", number, "CHEST"), as_jpeg=False)
            dataset.PhotometricInterpretation = wrong
            try:
                subject: Subject | str = subject_of(dataset)
            except DicomError as error:
                subject = reason_of(error)
            yield Case(f"chest film, {wrong} instead of MONOCHROME2", "names the part", "", (CHEST, BONE),
                       subject)  # fmt: skip


def chest_films(pack: Path, split: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the chest films of a split."""
    for row in _rows(pack / "labels.csv"):
        if row["split"] == split:
            yield _grey(io.BytesIO(_bytes(pack, row)))


def bone_films(pack: Path, split: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the bone films of a split."""
    yield from (_grey(pack / row["file"]) for row in _rows(pack / "labels.csv") if row["split"] == split)


SETS: tuple[Callable[[Path], Iterator[Case]], ...] = (films, ecgs, objects, wrong_photometric)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _bytes(pack: Path, row: dict[str, str]) -> bytes:
    with ZipFile(pack / row["shard"]) as shard:
        return shard.read(row["file"])


def _grey(file: Path | io.BytesIO) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image.convert("L"))


def _shown(path: Path) -> Subject | str:
    try:
        return subject_of(loaded(path))
    except DicomError as error:
        return reason_of(error)


def _pixels(path: Path) -> NDArray[np.uint8] | None:
    try:
        return shown_pixels(load_dataset(path))
    except DicomError:
        return None
