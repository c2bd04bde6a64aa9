"""A re-send in another transfer syntax: the same is dropped, anything else is flagged (promise 4)."""

from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEGLSLossless, JPEGLSNearLossless, RLELossless
from sqlalchemy import select

from dicom.admission import Caller
from dicom.demo.cases import demo_cases
from dicom.keep import Keeper, Message
from dicom.write.frame import data_set_bytes, part10
from hub.store import errands
from hub.store.tables import KeptAside, Study
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds


@pytest.fixture
def film():
    case = demo_cases("20261101")[1]
    return next(iter(case.make(case.person, case.exam)))


@pytest.fixture
def send_both(store, film, settings):
    """Send the film, then `second`, do every errand that is due, and return what was kept aside."""

    def act(second):
        keeper = Keeper(store)
        caller = Caller("east", "EAST1", "READHUB", "127.0.0.1")
        for dataset in (film, second):
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


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
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
