"""A re-send in another transfer syntax: the same is dropped, anything else is flagged (promise 4)."""

import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from sqlalchemy import select

from dicom.admission import Caller
from dicom.demo.cases import demo_cases
from dicom.keep import Keeper, Message
from dicom.write.frame import data_set_bytes, part10
from hub.store import errands
from hub.store.tables import KeptAside, Study
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

DCMTK = {ImplicitVRLittleEndian: "+ti", ExplicitVRBigEndian: "+tb"}


@pytest.fixture
def film():
    case = demo_cases("20261101")[1]
    return next(iter(case.make(case.person, case.exam)))


@pytest.fixture
def recording():
    case = demo_cases("20261101")[3]
    return next(iter(case.make(case.person, case.exam)))


@pytest.fixture
def send_both(store, film, settings):
    """Send the film, then `second`, do every errand that is due, and return what was kept aside."""

    def act(second, first=film):
        keeper = Keeper(store)
        caller = Caller("east", "EAST1", "READHUB", "127.0.0.1")
        for dataset in (first, second):
            keeper.take(message_of(dataset), data_set_bytes(dataset), caller)
        do_what_is_due(store, Desk(settings))
        with store.reading() as session:
            return session.scalars(select(KeptAside)).one()

    return act


def message_of(dataset):
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    return Message(str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), syntax)


def do_what_is_due(store, desk):
    while True:
        with store.reading() as session:
            due = [e.id for e in errands.due_errands(session) if e.kind in ("compare", "drop-aside")]
        if not due:
            return
        for errand_id in due:
            run_errand(desk, errand_id, errand_kinds())


def again(film):
    return pydicom.dcmread(BytesIO(part10(film)))


def turned(dataset, syntax):
    """Return the object in another transfer syntax, as DCMTK writes it, or compressed."""
    if syntax not in DCMTK:
        copy = again(dataset)
        copy.compress(syntax, generate_instance_uid=False)
        return copy
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        before.write_bytes(part10(dataset))
        subprocess.run(["dcmconv", DCMTK[syntax], before, after], check=True)
        return pydicom.dcmread(BytesIO(after.read_bytes()))


def rich(film):
    """Give the film every kind of element that two encodings write in different ways."""
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.SmallestImagePixelValue = 3
    film.SynchronizationFrameOfReferenceUID = "1.2.3"  # odd, so padded
    film.FrameIncrementPointer = 0x00181063
    film.ReferencePixelPhysicalValueX = 0.25
    film.PixelPaddingValue = 7
    film.AnatomicRegionSequence = [Dataset()]
    film.AnatomicRegionSequence[0].CodeValue = "51185008"
    film.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [Dataset(), Dataset()]
    block = film.private_block(0x0019, "VENDOR", create=True)
    block.add_new(0x01, "LO", "odd")
    block.add_new(0x02, "US", [1, 2])
    block.add_new(0x03, "SQ", [Dataset()])
    film[block.get_tag(0x03)].value[0].SeriesDescription = "inside"
    return film


def lut(value):
    item = Dataset()
    item.LUTDescriptor, item.LUTExplanation, item.LUTData = [2, 0, 16], "curve", value
    return item


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_the_same_pixels_in_a_lossless_syntax_are_dropped(send_both, store, film, syntax):
    copy = again(film)
    copy.compress(syntax, generate_instance_uid=False)
    aside = send_both(copy)
    assert aside.state == "same"
    assert not store.vault.path(aside.file_key).exists()
    with store.reading() as session:
        assert session.scalars(select(Study.note)).one() == ""


def test_other_pixels_are_flagged_and_kept(send_both, store, film):
    copy = again(film)
    pixels = np.array(copy.pixel_array)
    pixels[0, 0] ^= 1
    copy.PixelData = pixels.tobytes()
    copy.compress(RLELossless, generate_instance_uid=False)
    aside = send_both(copy)
    assert aside.state == "open"
    assert store.vault.path(aside.file_key).exists()


def test_another_person_on_the_same_pixels_is_flagged(send_both, film):
    copy = again(film)
    copy.PatientBirthDate = "19000101"
    copy.compress(RLELossless, generate_instance_uid=False)
    assert send_both(copy).state == "open"


def test_a_lossy_copy_proves_nothing_and_is_flagged(send_both, film):
    copy = again(film)
    copy.compress(JPEGLSNearLossless, jls_error=2, generate_instance_uid=False)
    assert send_both(copy).state == "open"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_the_same_words_in_an_uncompressed_syntax_are_dropped(send_both, film, syntax):
    rich(film)
    assert send_both(turned(film, syntax)).state == "same"


def test_a_colour_picture_whose_transform_the_codec_takes_back_is_dropped(send_both, film):
    film.SamplesPerPixel, film.PhotometricInterpretation, film.PlanarConfiguration = 3, "RGB", 0
    film.BitsAllocated = film.BitsStored = 8
    film.HighBit, film.Rows, film.Columns = 7, 64, 64
    film.PixelData = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8).tobytes()
    copy = again(film)
    copy.PhotometricInterpretation = "YBR_RCT"
    copy.compress(JPEG2000Lossless, generate_instance_uid=False)
    assert copy.PhotometricInterpretation == "YBR_RCT"
    assert send_both(copy).state == "same"


CORRECTIONS = {
    "Laterality": "L", "ImageLaterality": "R", "PhotometricInterpretation": "MONOCHROME1",
    "PixelSpacing": [0.2, 0.2], "RescaleSlope": "2", "RescaleIntercept": "-1024", "WindowCenter": "40",
    "StudyDate": "20200101", "BodyPartExamined": "HAND", "LossyImageCompression": "00",
    "SmallestImagePixelValue": 4, "ReferencePixelPhysicalValueX": 0.5, "FrameIncrementPointer": 0x00181065,
    "PatientName": "Li^Si",
}  # fmt: skip


@pytest.mark.parametrize("keyword", CORRECTIONS)
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
def test_a_corrected_element_is_flagged(send_both, store, film, keyword, syntax):
    copy = again(rich(film))
    setattr(copy, keyword, CORRECTIONS[keyword])
    aside = send_both(turned(copy, syntax))
    assert aside.state == "open"
    assert store.vault.path(aside.file_key).exists()


def left_out(dataset):
    del dataset.ReferencePixelPhysicalValueX


def corrected_private(dataset):
    dataset.private_block(0x0019, "VENDOR")[0x01].value = "even"


def corrected_inside_a_private_sequence(dataset):
    dataset.private_block(0x0019, "VENDOR")[0x03].value[0].SeriesDescription = "Inside"


def corrected_deep_inside(dataset):
    dataset.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[1].CodeValue = "7771000"


def one_item_less(dataset):
    del dataset.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[1]


def another_grey_scale(dataset):
    dataset.ModalityLUTSequence = [lut(b"\1\0\0\0")]


@pytest.mark.parametrize(
    "correct",
    [
        left_out, corrected_private, corrected_inside_a_private_sequence, corrected_deep_inside,
        one_item_less, another_grey_scale,
    ],
)  # fmt: skip
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
def test_a_correction_wherever_it_stands_is_flagged(send_both, film, correct, syntax):
    rich(film).ModalityLUTSequence = [lut(b"\1\0")]
    copy = again(film)
    correct(copy)
    assert send_both(turned(copy, syntax)).state == "open"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_recording_without_a_picture_is_compared_too(send_both, recording, syntax):
    assert send_both(turned(recording, syntax), first=recording).state == "same"


def test_a_recording_of_other_samples_is_flagged(send_both, recording):
    copy = again(recording)
    samples = bytearray(copy.WaveformSequence[0].WaveformData)
    samples[0] ^= 1
    copy.WaveformSequence[0].WaveformData = bytes(samples)
    assert send_both(turned(copy, ExplicitVRBigEndian), first=recording).state == "open"


def test_a_picture_with_another_overlay_in_its_spare_bits_is_flagged(send_both, film):
    film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
    samples = np.zeros((film.Rows, film.Columns), "<u2")
    film.add_new(0x60000102, "US", 15)
    film.PixelData = samples.tobytes()
    copy = again(film)
    samples[5, 5] = 0x8000
    copy.PixelData = samples.tobytes()
    assert send_both(turned(copy, ImplicitVRLittleEndian)).state == "open"
