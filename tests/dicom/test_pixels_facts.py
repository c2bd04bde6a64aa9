"""The facts that a model is given beside the pixels."""

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from dicom.errors import Unreadable
from dicom.facts import image_facts, is_for_processing, kind_of
from dicom.load import load_dataset

Pack = list[tuple[Path, dict[str, str]]]


def said(**elements: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def test_facts_of_the_pack_are_what_its_manifest_says(pack: Pack) -> None:
    read = 0
    for path, row in pack:
        try:
            facts = image_facts(load_dataset(path, with_pixels=False))
        except Unreadable:
            continue
        if row["modality"] and row["rows"]:
            assert (facts.modality, facts.rows) == (row["modality"].upper(), int(row["rows"])), path.name
            read += 1
    assert read > 300


@pytest.mark.parametrize(
    ("age", "years"),
    [("045Y", 45.0), ("018M", 1.5), ("010D", 0.027), ("", None), ("XXXX", None), ("999Y", None)],
)
def test_ages_are_years_or_nothing(age: str, years: float | None) -> None:
    found = image_facts(said(PatientAge=age)).patient_age_years
    assert found == (None if years is None else pytest.approx(years, abs=0.01))


def test_an_unsaid_age_is_counted_from_the_birth_date() -> None:
    facts = image_facts(said(PatientBirthDate="20200315", StudyDate="20260915"))
    assert facts.patient_age_years == pytest.approx(6.5, abs=0.01)


def test_spacing_is_calibrated_or_the_detectors_by_magnification() -> None:
    assert image_facts(said(PixelSpacing=["0.2", "0.3"], ImagerPixelSpacing=["1", "1"])).spacing_mm == (
        0.2,
        0.3,
    )
    detector = said(ImagerPixelSpacing=["0.15", "0.15"], EstimatedRadiographicMagnificationFactor="1.5")
    assert image_facts(detector).spacing_mm == pytest.approx((0.1, 0.1))
    assert image_facts(said(PixelSpacing=["0", "0"])).spacing_mm is None


def test_raw_detector_pixels_are_for_processing() -> None:
    assert is_for_processing("1.2.840.10008.5.1.4.1.1.1.1.1")
    assert is_for_processing("1.2.840.10008.5.1.4.1.1.1.1", "FOR PROCESSING")
    assert not is_for_processing("1.2.840.10008.5.1.4.1.1.1.1", "FOR PRESENTATION")


@pytest.mark.parametrize(
    ("sop_class", "rows", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.9.1.1", 0, "ecg"),
        ("1.2.840.10008.5.1.4.1.1.9.2.1", 0, "other"),
        ("1.2.840.10008.5.1.4.1.1.104.1", 0, "document"),
        ("1.2.840.10008.5.1.4.1.1.88.11", 0, "document"),
        ("1.2.840.10008.5.1.4.1.1.2", 512, "image"),
        ("1.2.840.10008.5.1.4.1.1.66.4", 512, "other"),
        ("1.2.840.10008.5.1.4.1.1.11.1", 0, "other"),
    ],
)
def test_an_instance_is_an_image_an_ecg_a_document_or_other(sop_class: str, rows: int, kind: str) -> None:
    assert kind_of(sop_class, rows) == kind
