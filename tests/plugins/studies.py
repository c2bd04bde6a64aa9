"""Whole studies at a running hub, sent by DCMTK as a site would send them."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from hub.store import Store, now, users
from hub.store.tables import Instance, Patient, Series, Sharing, Site, Study, User
from tests.plugins.peers import CT, ROOT_UID, Run, slice_of, wait_for, written

Keep = Callable[..., str]
EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def keep(hub: Store, dcmtk: Run, tmp_path: Path) -> Keep:
    """Send a slice as a site would, wait until its study has settled, and return its Study UID; one that is
    not to settle is as if more of it were to come."""
    counted: list[int] = []

    def kept(calling: str = "CLINIC1", settle: bool = True, **said: object) -> str:
        counted.append(1)
        number = 100 + len(counted)
        base = {"StudyInstanceUID": f"{ROOT_UID}.1.{number}", "SeriesInstanceUID": f"{ROOT_UID}.2.{number}"}
        file = written(slice_of(number, **(base | said)), tmp_path / f"{number}.dcm")
        assert dcmtk("storescu", hub.settings, "-R", file, calling=calling).returncode == 0
        uid = str(said.get("StudyInstanceUID", base["StudyInstanceUID"]))
        wait_for(lambda: "arriving" not in _states(hub, uid), "the study to settle as its association ends")
        if not settle:
            with hub.writing() as session:
                whose = Study.study_instance_uid == uid
                session.execute(update(Study).where(whose).values(state="arriving"))
        return uid

    return kept


def ready(store: Store, uid: str) -> None:
    """Wait until the study has settled."""
    wait_for(lambda: _states(store, uid) == ["ready"], "the study to settle as its association ends")


def _states(store: Store, uid: str) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(Study.state).where(Study.study_instance_uid == uid)))


def add_studies(store: Store, site: str, count: int) -> None:
    """Write rows as if `count` studies of one patient had come to a site within ten seconds."""
    instant = now()
    with store.writing() as session:
        owner = session.scalars(select(Site).where(Site.name == site)).one().id
        session.add(Patient(site_id=owner, patient_id="MANY", name="Wang Duo", name_sought="=wang duo="))
        session.flush()
        patient = session.scalars(select(Patient.id).where(Patient.patient_id == "MANY")).one()
        numbers = range(1, count + 1)
        uid = f"{ROOT_UID}.8"
        session.execute(insert(Study), [
            {"id": 10_000 + n, "site_id": owner, "patient_row": patient, "study_instance_uid": f"{uid}.{n}",
             "state": "ready", "modality": "CT", "study_date": "20261101", "instances": 1,
             "received_at": instant + timedelta(seconds=n % 10), "last_instance_at": instant}
            for n in numbers
        ])  # fmt: skip
        session.execute(insert(Series), [
            {"id": 10_000 + n, "study_id": 10_000 + n, "series_instance_uid": f"{uid}.{n}.1",
             "modality": "CT"} for n in numbers
        ])  # fmt: skip
        session.execute(insert(Instance), [
            {"site_id": owner, "study_id": 10_000 + n, "series_id": 10_000 + n,
             "sop_instance_uid": f"{uid}.{n}.1.1", "sop_class_uid": CT, "transfer_syntax": EXPLICIT,
             "size": 1, "digest": "0" * 64, "file_key": f"{n:032}", "received_at": instant}
            for n in numbers
        ])  # fmt: skip


def wait_a_moment() -> None:
    """The receiver reads who may call once a second."""
    time.sleep(1.1)


def share(store: Store, one: str, other: str, lasting: timedelta) -> None:
    with store.writing() as session:
        if session.scalar(select(User)) is None:
            users.add_user(session, "boss", "admin", "a long enough password")
        rows = {
            number: session.scalars(select(Patient.id).where(Patient.patient_id == number)).one()
            for number in (one, other)
        }
        decided = session.scalars(select(User.id)).first()
        session.add(
            Sharing(
                patient_one=rows[one], patient_other=rows[other], decided_by=decided, consent="signed form",
                since=now() - timedelta(hours=1), until=now() + lasting,
            )
        )  # fmt: skip
