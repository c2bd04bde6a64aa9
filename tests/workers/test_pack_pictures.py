"""Films as the training packs have them are in scope: small, squashed, lossy, with a header saying little."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from ai_models.registry import load_models, pre_read
from dicom.demo.cases import demo_cases
from dicom.load import load_dataset
from dicom.write.frame import part10
from workers.subjects import subject_of

CHEST, BONE = 0, 2


@pytest.fixture(scope="module")
def models():
    return load_models()


@pytest.fixture
def read(models, tmp_path):
    """Make a film like the packs', change it, and return what the models say of its file."""

    def act(number, size, change=lambda dataset, picture: None):
        dataset = bare_film(number)
        picture = Image.fromarray(dataset.pixel_array).resize(size, Image.Resampling.BILINEAR)
        dataset.Rows, dataset.Columns = picture.size[1], picture.size[0]
        dataset.PixelData = picture.tobytes() + b"\0" * (dataset.Rows * dataset.Columns % 2)
        change(dataset, picture)
        (tmp_path / "film.dcm").write_bytes(part10(dataset))
        return pre_read(models, subject_of(load_dataset(tmp_path / "film.dcm")))

    return act


def bare_film(number):
    """A demo film without age, sex, spacing, part, view and window, ImageType DERIVED\\PRIMARY."""
    case = demo_cases("20261101")[number]
    dataset = next(iter(case.make(replace(case.person, sex="", birth_date=""), case.exam)))
    for keyword in ("ImagerPixelSpacing", "WindowCenter", "WindowWidth", "AnatomicRegionSequence",
                    "PatientOrientation", "StudyDescription", "SeriesDescription"):  # fmt: skip
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.BodyPartExamined = dataset.ViewPosition = ""
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    return dataset


def as_jpeg(quality):
    def change(dataset, picture):
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality)
        dataset.PixelData = encapsulate([stream.getvalue()])
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit

    return change


def inverted(dataset, picture):
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = "MONOCHROME1", "INVERSE"
    dataset.PixelData = (255 - np.asarray(picture)).tobytes()


@pytest.mark.parametrize("size", [(224, 224), (320, 320), (224, 180), (300, 224), (1024, 900)])
def test_a_chest_film_of_any_size_from_224_pixels_is_read(read, size):
    reading = read(CHEST, size)
    assert (reading.assessed, reading.reason) == (True, "")
    assert set(reading.scores) == {"pneumonia"}


@pytest.mark.parametrize("size", [(224, 224), (373, 454), (454, 373), (224, 160)])
def test_a_bone_film_of_any_size_from_224_pixels_is_read(read, size):
    assert set(read(BONE, size).scores) == {"fracture"}


@pytest.mark.parametrize("number", [CHEST, BONE])
@pytest.mark.parametrize("quality", [75, 92])
def test_a_lossy_film_is_read(read, number, quality):
    assert read(number, (320, 320), as_jpeg(quality)).assessed


def test_a_film_stored_inverted_has_the_score_of_the_same_film(read):
    assert read(CHEST, (224, 224), inverted).scores == read(CHEST, (224, 224)).scores


def test_an_unknown_age_is_said_and_no_reason_to_refuse(read):
    reading = read(CHEST, (224, 224))
    assert reading.assessed
    assert [remark.code for remark in reading.remarks] == ["age-unknown"]


def test_a_known_age_is_not_remarked_upon(read):
    def aged(dataset, _picture):
        dataset.PatientAge = "004Y"

    assert read(CHEST, (224, 224), aged).remarks == ()
