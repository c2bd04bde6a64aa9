"""Fixtures of the models' tests: the models themselves, and real films and tracings to show them."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pydicom
import pytest
from PIL import Image

from ai_models.finding_model import FindingModel
from ai_models.registry import load_models
from ai_models.subjects import Picture
from hub.domain.subject import TWELVE_LEADS, EcgRecord, ImageFacts

DIGITAL_X_RAY = "1.2.840.10008.5.1.4.1.1.1.1"
CHEST_FILM = ImageFacts(sop_class_uid=DIGITAL_X_RAY, modality="DX", body_part="CHEST", view_position="PA")
HAND_FILM = ImageFacts(sop_class_uid=DIGITAL_X_RAY, modality="DX", body_part="HAND")
SILENT_FILM = ImageFacts(sop_class_uid=DIGITAL_X_RAY, modality="DX")


@pytest.fixture(scope="session")
def models() -> tuple[FindingModel, ...]:
    """The models as the workers load them."""
    return load_models()


@pytest.fixture(scope="session")
def model_named(models: tuple[FindingModel, ...]) -> Callable[[str], FindingModel]:
    """Give `model_named("ecg_ptbxl")`."""
    return lambda name: next(model for model in models if model.name == name)


@pytest.fixture(scope="session")
def chest_films(shared_dir: Path) -> list[tuple[Picture, bool]]:
    """Twelve test films of children, half of them with pneumonia."""
    folder = shared_dir / "data" / "cxr"
    rows = [r for r in _rows(folder) if r["split"] == "test" and r["source"] == "kermany2018"]
    chosen = _some(rows, "label", ("normal", "pneumonia"), 6)
    films = []
    for row in chosen:
        with ZipFile(folder / row["shard"]) as shard:
            films.append((_film(shard.read(row["file"]), CHEST_FILM), row["label"] == "pneumonia"))
    return films


@pytest.fixture(scope="session")
def bone_films(shared_dir: Path) -> list[tuple[Picture, bool]]:
    """Forty devtest films of limbs, half of them fractured."""
    folder = shared_dir / "data" / "fracture"
    rows = [r for r in _rows(folder) if r["split"] == "devtest" and r["shoulder"] == r["hip"] == "0"]
    chosen = _some(rows, "fractured", ("0", "1"), 20)
    return [
        (_film((folder / row["file"]).read_bytes(), HAND_FILM), row["fractured"] == "1") for row in chosen
    ]


@pytest.fixture(scope="session")
def mortara_ecg(shared_dir: Path) -> EcgRecord:
    """pydicom's sample of a recorder that wrote its own measurements: 12 leads, 10 s, 1000 Hz."""
    path = shared_dir / "data" / "dicom" / "ecg" / "pydicom__test_files_waveform_ecg.dcm"
    microvolts = pydicom.dcmread(path).waveform_array(0).T
    return EcgRecord(TWELVE_LEADS, 1000.0, microvolts.astype(np.float32))


@pytest.fixture
def shorn() -> Callable[[EcgRecord, tuple[str, ...]], EcgRecord]:
    """Give `shorn(record, leads)`: the record with only these leads."""

    def keep(record: EcgRecord, leads: tuple[str, ...]) -> EcgRecord:
        rows = [record.leads.index(lead) for lead in leads]
        return replace(record, leads=leads, microvolts=record.microvolts[rows])

    return keep


@pytest.fixture
def facts() -> dict[str, ImageFacts]:
    """Headers that speak: of a chest, of a hand, of nothing."""
    return {"chest": CHEST_FILM, "hand": HAND_FILM, "silent": SILENT_FILM}


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _some(
    rows: list[dict[str, str]], column: str, values: tuple[str, ...], count: int
) -> list[dict[str, str]]:
    """Return `count` rows of each value, spread evenly, so that no patient or block fills them."""
    chosen = []
    for value in values:
        fitting = [row for row in rows if row[column] == value]
        chosen += fitting[:: len(fitting) // count][:count]
    return chosen


def _film(data: bytes, facts: ImageFacts) -> Picture:
    with Image.open(io.BytesIO(data)) as image:
        return Picture(np.asarray(image.convert("L")), facts)
