"""DICOM files made from the packs' ECGs and films, for benchmarks: the packs' pixels, an invented name."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from dicom.make.cardiogram import cardiogram
from dicom.make.film import View, film
from dicom.make.person import Exam, Person
from dicom.write.frame import part10

MOMENT = "20261101080000"
NOBODY = Person("BENCH", "Bench^Mark", "O", "")


def write_ecgs(pack: Path, target: Path, count: int) -> None:
    """Write `count` ECGs of fold 9 at 100 Hz, as the pack has them, into `target`."""
    with np.load(pack / "ptbxl100_fold9.npz") as fold:
        low, high = fold["lo"][:count].astype(np.int32), fold["hi"][:count].astype(np.int32)
    zigzag = low | (high << 8)
    for number, leads in enumerate(((zigzag >> 1) ^ -(zigzag & 1)).cumsum(-1) * 5.0):
        _write(target, number, cardiogram(twelve(leads), 100.0, NOBODY, _exam("ecg", number)))


def write_full_rate_ecgs(pack: Path, target: Path, count: int) -> None:
    """Write `count` ECGs at 500 Hz; the 31 at hand are taken again and again."""
    headers = sorted((pack / "ptbxl500").glob("*.hea"))
    for number in range(count):
        samples = np.fromfile(headers[number % len(headers)].with_suffix(".dat"), "<i2").reshape(-1, 12).T
        _write(target, number, cardiogram(samples, 500.0, NOBODY, _exam("ecg500", number)))


def write_chests(pack: Path, target: Path, count: int, as_jpeg: bool = False) -> None:
    """Write `count` test films of both sources, uncompressed or with the pack's own JPEG inside."""
    with (pack / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    rows = rows[:: max(1, len(rows) // count)][:count]
    for number, row in enumerate(rows):
        with ZipFile(pack / row["shard"]) as shard:
            picture = shard.read(row["file"])
        _write(target, number, _film(picture, _exam("cxr", number, "CHEST"), as_jpeg))


def write_full_size_chests(pack: Path, target: Path, count: int) -> None:
    """Write `count` films at the size they were taken, of the 40 at hand."""
    names = sorted(p for p in (pack / "fullsize").iterdir() if p.suffix in (".jpeg", ".png"))
    for number in range(count):
        picture = names[number % len(names)].read_bytes()
        _write(target, number, _film(picture, _exam("full", number, "CHEST"), as_jpeg=False))


def write_bones(pack: Path, target: Path, count: int) -> None:
    """Write `count` devtest films of limbs."""
    with (pack / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "devtest"]
    for number, row in enumerate(rows[:: max(1, len(rows) // count)][:count]):
        _write(target, number, _film((pack / row["file"]).read_bytes(), _exam("bone", number, "HAND"), False))


def twelve(leads: np.ndarray) -> np.ndarray:
    """Return the twelve leads of I, II, V1–V6 (Einthoven, Goldberger)."""
    one, two, rest = leads[0], leads[1], leads[2:]
    limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.stack([*limbs, *rest])


def _film(picture: bytes, exam: Exam, as_jpeg: bool) -> Dataset:
    """A film as the packs are: no age, sex or spacing; of several values the header says only the part."""
    dataset = film(picture, NOBODY, exam, View("", "U"))
    del dataset.ImagerPixelSpacing
    dataset.PatientSex = dataset.PatientBirthDate = ""
    if as_jpeg:
        with Image.open(io.BytesIO(picture)) as image:
            assert image.mode == "L" and image.format == "JPEG"
        dataset.PixelData = encapsulate([picture])
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return dataset


def _exam(kind: str, number: int, body_part: str = "") -> Exam:
    return Exam(f"bench-{kind}-{number}", MOMENT, "benchmark", "", body_part)


def _write(target: Path, number: int, dataset: Dataset) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{number:05}.dcm").write_bytes(part10(dataset))


def files_under(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in order."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())
