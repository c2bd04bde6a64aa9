"""Fixtures for tests that need a hub's rows and files: an empty store with one or two sites."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.domain.person_name import ShownName
from hub.settings import Settings, read_settings
from hub.store import Store, arrivals, open_store, schema, sites

Arrive = Callable[..., str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(data_dir=tmp_path / "hub")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    schema.upgrade(settings)
    opened = open_store(settings)
    with opened.writing() as session:
        sites.add_site(session, "east", "EAST1")
        sites.add_site(session, "west", "WEST1")
    yield opened
    opened.close()


@pytest.fixture
def arrive(store: Store) -> Arrive:
    """Send one plainly invented instance to the hub and return what became of it."""

    def send(sop: str = "1.2.3", body: bytes = b"pixels", site: str = "east", **said: str) -> str:
        arrival = Arrival(
            sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1",
            sop_instance_uid=sop,
            transfer_syntax=said.get("syntax", "1.2.840.10008.1.2.1"),
            digest=hashlib.sha256(body).hexdigest(),
            size=len(body),
            patient=PatientFacts(
                patient_id=said.get("patient", "P1"), name=ShownName(said.get("name", "张三"))
            ),
            study=StudyFacts(
                study_instance_uid=said.get("study", "1.2"),
                series_instance_uid=said.get("series", "1.2.1"),
                modality=said.get("modality", "DX"),
            ),
        )
        origin = Origin(site, f"{site.upper()}1", "READHUB", datetime.now(UTC), "127.0.0.1")
        return arrivals.receive(store, arrival, origin, lambda _outcome: store.vault.keep(body))

    return send
