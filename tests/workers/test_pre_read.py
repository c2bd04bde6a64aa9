"""A pre-read never blocks a reader, never signs, and is never "normal" by default (promise 14)."""

import numpy as np
import pytest
from sqlalchemy import select, update

from dicom.demo.cases import demo_cases
from dicom.write.frame import part10
from hub.domain.finding import Reading
from hub.store import errands, now
from hub.store.moves import move_study
from hub.store.pre_reads import keep_reading
from hub.store.tables import Errand, Instance, PreRead, Study
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

#: The demo's cases by what they stand for.
FILM, PHANTOM, ULTRASOUND, CARDIOGRAM = 0, 6, 7, 11


@pytest.fixture
def desk(store, settings):
    return Desk(settings)


@pytest.fixture
def read(store, arrive, desk):
    """Send a demo case's first object, do its pre-read, and return what came of it."""

    def act(number, **changes):
        case = demo_cases("20261101")[number]
        dataset = next(iter(case.make(case.person, case.exam)))
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        return read_bytes(part10(dataset))

    def read_bytes(body):
        arrive(body=body)
        run_errand(desk, errand_to_read(store), errand_kinds())
        with store.reading() as session:
            return session.scalars(select(PreRead)).one()

    act.bytes = read_bytes
    return act


def errand_to_read(store):
    with store.writing() as session:
        session.execute(update(Errand).where(Errand.kind == "pre-read").values(due_at=now()))
        return session.scalars(select(Errand.id).where(Errand.kind == "pre-read")).one()


@pytest.mark.parametrize("number", [PHANTOM, ULTRASOUND])
def test_what_no_model_reads_is_not_assessed_with_the_reason(read, number):
    reading = read(number)
    assert not reading.assessed
    assert reading.reason
    assert not reading.positive


def test_bytes_that_are_no_object_are_not_assessed(read):
    reading = read.bytes(b"nothing of the kind")
    assert not reading.assessed
    assert reading.reason


def test_a_blank_film_is_not_assessed(read):
    reading = read(FILM, PixelData=bytes(900 * 700), Rows=700, Columns=900)
    assert not reading.assessed


def test_a_one_pixel_film_is_not_assessed(read):
    reading = read(FILM, PixelData=b"\x01\x00", Rows=1, Columns=1)
    assert not reading.assessed


def test_noise_that_calls_itself_a_film_stops_nobody(read, store):
    noise = np.random.default_rng(1).integers(0, 255, 64 * 64, np.uint8).tobytes()
    read(FILM, PixelData=noise, Rows=64, Columns=64)
    with store.reading() as session:
        assert session.scalars(select(Errand.state).where(Errand.kind == "pre-read")).one() == "done"


def test_what_killed_every_worker_is_set_apart_and_said_aloud(store, arrive, desk):
    arrive()
    errand = errand_to_read(store)
    for _ in range(3):
        with store.writing() as session:
            errands.claim(session, [errand], desk.holder)
        with store.writing() as session:
            errands.take_back_lost(session, [desk.holder])
    run_errand(desk, errand, errand_kinds())
    with store.reading() as session:
        reading = session.scalars(select(PreRead)).one()
        assert (reading.assessed, reading.reason) == (False, "failed:worker-lost")
        assert session.get(Errand, errand).state == "dead"


def test_a_second_reading_of_an_instance_is_not_kept(store, arrive):
    arrive()
    with store.writing() as session:
        instance = session.scalars(select(Instance)).one()
        assert keep_reading(session, instance, Reading("m", "1", "", True), "2.25.1")
        assert keep_reading(session, instance, Reading("m", "2", "", True), "2.25.2") is None


def test_a_reading_after_the_signature_is_kept_as_late(store, arrive):
    arrive()
    with store.writing() as session:
        study = session.scalars(select(Study)).one()
        move_study(session, study, "arrival-settled")
        move_study(session, study, "report-signed")
        instance = session.scalars(select(Instance)).one()
        late = keep_reading(session, instance, Reading("m", "1", "", True), "2.25.1")
        assert late.late
        assert study.state == "signed"
