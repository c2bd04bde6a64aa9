"""Several listeners on one PostgreSQL take in the same things at once: a key decides, nobody is refused."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from blake3 import blake3
from sqlalchemy import select

from dicom.intake import Intake
from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.domain.person_name import ShownName
from hub.settings import read_settings
from hub.store import open_store, schema, sites
from hub.store.arrivals import Coming, needs_file
from hub.store.tables import Instance, Patient, Series, Study

LISTENERS = 6


@pytest.fixture
def listeners(postgresql, tmp_path):
    """As many open stores as there are listeners, each with connections of its own."""
    settings = read_settings(data_dir=tmp_path / "hub", database_url=postgresql())
    schema.upgrade(settings)
    stores = [open_store(settings) for _ in range(LISTENERS)]
    with stores[0].writing() as session:
        sites.add_site(session, "east", "EAST1")
        sites.add_site(session, "west", "WEST1")
    yield stores
    for store in stores:
        store.close()


def at_once(listeners, arrive):
    """Let every listener do `arrive(store, its number)` at the same instant; return the outcomes."""
    together = threading.Barrier(LISTENERS)

    def one(number):
        together.wait()
        return arrive(listeners[number], number)

    with ThreadPoolExecutor(LISTENERS) as pool:
        return list(pool.map(one, range(LISTENERS)))


def receive(store, sop, study, patient="P1", site="east"):
    body = f"{sop} {patient}".encode()
    arrival = Arrival(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1", sop_instance_uid=sop,
        transfer_syntax="1.2.840.10008.1.2.1", digest=blake3(body).hexdigest(), size=len(body),
        patient=PatientFacts(patient_id=patient, name=ShownName("张三")),
        study=StudyFacts(study, f"{study}.1", modality="DX"),
    )  # fmt: skip
    origin = Origin(site, f"{site.upper()}1", "READHUB", datetime.now(UTC), "127.0.0.1")
    coming = Coming(arrival, origin, store.vault.keep(body))
    outcome = Intake(store).record(coming, time.monotonic() + 30)
    if not needs_file(outcome):
        store.vault.discard(coming.key)
    return outcome


def rows(listeners, table):
    with listeners[0].reading() as session:
        return list(session.scalars(select(table)))


@pytest.mark.parametrize("turn", range(3))
def test_studies_of_one_patient_give_one_patient(listeners, turn):
    outcomes = at_once(listeners, lambda store, n: receive(store, f"1.2.{n + 1}.9", f"1.2.{n + 1}"))
    assert outcomes == ["kept"] * LISTENERS
    assert len(rows(listeners, Patient)) == 1 and len(rows(listeners, Study)) == LISTENERS


def test_instances_of_one_study_give_one_study(listeners):
    assert (
        at_once(listeners, lambda store, n: receive(store, f"1.2.9.{n + 1}", "1.2")) == ["kept"] * LISTENERS
    )
    (study,) = rows(listeners, Study)
    assert study.instances == len(rows(listeners, Instance)) == LISTENERS
    assert len(rows(listeners, Series)) == len(rows(listeners, Patient)) == 1


def test_one_instance_is_kept_once(listeners):
    outcomes = at_once(listeners, lambda store, _n: receive(store, "1.2.9.1", "1.2"))
    assert sorted(outcomes) == ["kept", *["same-again"] * (LISTENERS - 1)]
    assert len(list(listeners[0].vault.keys())) == 1


def test_one_study_uid_of_two_sites_and_patients_is_quarantined_at_both(listeners):
    def arrive(store, number):
        site = ("east", "west")[number % 2]
        return receive(store, f"1.2.9.{number + 1}", "1.2", f"P-{site}", site)

    assert at_once(listeners, arrive) == ["kept"] * LISTENERS
    assert [study.state for study in rows(listeners, Study)] == ["quarantined"] * 2
