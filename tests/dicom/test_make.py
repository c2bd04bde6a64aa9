"""Made objects are what they say, without fault for dciodvfy, and the same from the same seed."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset

from dicom.demo.send import mislabel
from dicom.elements import EXPLICIT_LITTLE
from dicom.facts import image_facts
from dicom.header import read_header
from dicom.make.cardiogram import cardiogram
from dicom.make.film import View, film
from dicom.make.person import Exam, Person
from dicom.make.phantom import ct_phantom
from dicom.pixels import shown_pixels
from dicom.waveform import ecg_record
from dicom.write.frame import data_set_bytes, part10
from hub.domain.person_name import ShownName
from hub.domain.subject import TWELVE_LEADS

Faults = Callable[[object], list[str]]
PERSON = Person("T001", "张^三㑇䶮", "M", "19700101")
EXAM = Exam("test", "20261105080000", "胸部正位片", "T1", "CHEST", "镇卫生院")


@pytest.fixture
def ramp() -> bytes:
    """A grey PNG whose columns go from black to white, one pixel wider than a power of two."""
    written = BytesIO()
    Image.fromarray(np.tile(np.arange(255, dtype=np.uint8), (101, 1))).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("body_part", ["CHEST", "HAND", "LEG", "WRIST"])
def test_a_film_is_without_fault_for_dciodvfy(body_part: str, ramp: bytes, faults: Faults) -> None:
    exam = Exam("test", "20261105080000", "X线", "T1", body_part)
    assert faults(film(ramp, PERSON, exam, View("AP", "L"))) == []


def test_a_film_names_the_region_that_was_taken(ramp: bytes) -> None:
    regions = {
        part: film(ramp, PERSON, Exam("t", "20261105080000", "", "", part), View()).AnatomicRegionSequence[0]
        for part in ("LEG", "CHEST", "ELSEWHERE")
    }
    assert [region.CodeMeaning for region in regions.values()] == ["Lower leg", "Chest", "Entire body"]


def test_a_film_shows_the_picture_it_was_made_from(ramp: bytes) -> None:
    made = film(ramp, PERSON, EXAM, View("PA", spacing_mm=0.15))
    assert shown_pixels(made)[0].tolist() == list(range(255))
    facts = image_facts(made)
    assert (facts.modality, facts.view_position, facts.spacing_mm) == ("DX", "PA", (0.15, 0.15))


def test_a_phantom_slice_is_without_fault_and_says_that_it_is_one(faults: Faults) -> None:
    slices = list(ct_phantom(PERSON, EXAM, 3))
    assert faults(slices[1]) == []
    assert (
        len({made.SOPInstanceUID for made in slices}) == 3
        and len({made.SeriesInstanceUID for made in slices}) == 1
    )
    assert "PHANTOM" in slices[0].SeriesDescription and "no patient" in slices[0].ImageComments
    shown = shown_pixels(slices[1])
    assert shown[0, 0] == 0 and 100 < shown[256, 256] < 160


def test_a_cardiogram_comes_back_as_the_microvolts_it_was_made_from(faults: Faults) -> None:
    microvolts = np.random.default_rng(3).normal(0, 400, (12, 5000)).round()
    microvolts[4, 100] = np.nan
    microvolts[5, 7] = 1e6
    made = cardiogram(microvolts, 500, PERSON, EXAM)
    assert faults(made) == []
    record = ecg_record(made)
    assert (record.leads, record.rate_hz) == (TWELVE_LEADS, 500.0)
    assert np.isnan(record.microvolts[4, 100]) and record.microvolts[5, 7] == 32767
    assert np.array_equal(record.microvolts[0], microvolts[0])


def test_the_same_seed_makes_the_same_object_and_another_another(ramp: bytes) -> None:
    def made(seed: str) -> Dataset:
        return film(ramp, PERSON, Exam(seed, "20261105080000", "X"), View())

    assert part10(made("a")) == part10(made("a"))
    assert made("a").StudyInstanceUID != made("b").StudyInstanceUID


def test_a_mislabelled_object_holds_gbk_bytes_and_is_shown_as_a_guess(ramp: bytes) -> None:
    made = film(ramp, Person("T2", "张智宏", "M", ""), EXAM, View())
    mislabel(made)
    header = read_header(data_set_bytes(made), EXPLICIT_LITTLE)
    assert header.patient_name_raw.rstrip() == "张智宏".encode("gbk")
    assert header.patient_name == ShownName("张智宏", guessed=True)
    assert header.study_description == "胸部正位片"
