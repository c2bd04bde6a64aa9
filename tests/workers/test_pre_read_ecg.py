"""An ECG's pre-read carries remarks, alerts and statements; an alert is a hint to a person."""

import numpy as np
import pytest
from sqlalchemy import select, update

from dicom.demo.cases import SAMPLES
from dicom.make.cardiogram import cardiogram
from dicom.make.person import Exam, Person
from dicom.write.frame import part10
from hub.domain.finding import Reading
from hub.store import now
from hub.store.pre_reads import keep_reading
from hub.store.tables import Errand, Instance, PreRead, Study
from hub.store.worklist import hints_of
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds


@pytest.fixture
def pre_read(store, settings, arrive):
    """Send an ECG of changed samples, do its pre-read, and return the row and the hint."""

    def act(change):
        with np.load(SAMPLES / "ecg-normal.npz") as stored:
            samples, rate = change(np.array(stored["microvolts"], dtype=float)), float(stored["rate_hz"])
        person = Person("P1", "Invented^Person", "F", "19600101")
        body = part10(cardiogram(samples, rate, person, Exam("seed", "20261101083000", "ECG")))
        arrive(body=body, modality="ECG")
        with store.writing() as session:
            session.execute(update(Errand).where(Errand.kind == "pre-read").values(due_at=now()))
            errand = session.scalars(select(Errand.id).where(Errand.kind == "pre-read")).one()
        run_errand(Desk(settings), errand, errand_kinds())
        with store.reading() as session:
            row = session.scalars(select(PreRead)).one()
            study = session.scalars(select(Study)).one()
            return row, hints_of(session, [study.id])[study.id], study

    return act


def test_a_pause_is_an_alert_stored_with_the_reading_and_a_hint_in_the_list(pre_read):
    def pause(samples):
        samples[:, 1500:3400] = np.random.default_rng(1).normal(0, 3, (12, 1900))
        return samples

    row, hint, study = pre_read(pause)
    assert row.alerts == 1
    (alert,) = row.reading["alerts"]
    assert alert["code"] == "pause"
    assert (hint.kind, hint.label_zh) == ("critical", alert["text_zh"])
    assert study.priority == "routine"  # a human decides


def test_a_lead_that_is_off_is_not_assessed_and_still_named(pre_read):
    def off(samples):
        samples[8] = 40.0
        return samples

    row, hint, _study = pre_read(off)
    assert (row.assessed, row.reason) == (False, "flat-lead:V3")
    assert row.reading["remarks"][0]["leads"] == ["V3"]
    assert row.reading["statements"] == []
    assert hint.kind == "none"


def test_a_sound_ecg_has_statements_and_no_alert(pre_read):
    row, hint, _study = pre_read(lambda samples: samples)
    assert row.assessed and row.alerts == 0
    assert row.reading["statements"]
    assert len(row.reading["findings"]) == len(row.reading["scores"]) == 59
    assert hint.kind in ("negative", "positive")


def test_a_reading_without_rules_has_no_alert(store, arrive):
    arrive()
    with store.writing() as session:
        instance = session.scalars(select(Instance)).one()
        assert keep_reading(session, instance, Reading("m", "1", "", True), "2.25.1").alerts == 0
