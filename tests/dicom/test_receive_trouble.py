"""When the disk is full or read-only, or the database locked: 0xA700, in time, and well again by itself."""

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from dicom.scp import serving
from dicom.send import send_files
from hub.settings import read_settings
from hub.store import Store, embedded, open_store, sites
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Instance, Study, UntakenInstance
from tests.plugins.peers import content_of, slice_of, wait_for, written
from tests.plugins.store import lay_schema

OUT_OF_RESOURCES = 0xA700


def statuses(store: Store, *paths: Path) -> list[int | None]:
    node = ReturnNode("READHUB", *store.settings.dicom_address)
    return [result.status for result in send_files(node, list(paths), "CLINIC1")]


def instances(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(Instance)) or 0


def settled(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).where(Study.state != "arriving")) or 0


def refused_for_want_of_room(store: Store) -> int:
    with store.reading() as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.outcome == "refused"))
        return sum(detail.startswith("0xA700") for detail in details)


def large(number: int, folder: Path, kilobytes: int = 1024) -> Path:
    """A slice that no disk compresses."""
    pixels = os.urandom(kilobytes * 1024)
    dataset = slice_of(number, Rows=kilobytes, Columns=512, PixelData=pixels)
    return written(dataset, folder / f"{number}.dcm")


@pytest.fixture
def small_disk(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Store]:
    """A hub whose files and index lie on a disk of 12 MB of their own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk may not be mounted here (needs root)")
    settings = read_settings(data_dir=folder / "hub", dicom=f"127.0.0.1:{free_port()}")
    lay_schema(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "CLINIC1")
    try:
        with serving(store):
            yield store
    finally:
        store.close()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_answers_out_of_resources_and_recovers_by_itself(
    small_disk: Store, tmp_path: Path
) -> None:
    paths = [large(number, tmp_path / "sent") for number in range(1, 16)]
    answers = statuses(small_disk, *paths)
    stored = answers.count(0x0000)
    assert set(answers) == {0x0000, OUT_OF_RESOURCES} and stored >= 5
    assert instances(small_disk) == stored == len(list(small_disk.vault.keys()))
    assert not list((small_disk.settings.data_dir / "incoming").iterdir())

    subprocess.run(["mount", "-o", "remount,size=40m", str(tmp_path / "small")], check=True)
    assert statuses(small_disk, *paths) == [0x0000] * 15
    assert instances(small_disk) == 15
    wait_for(lambda: refused_for_want_of_room(small_disk) == 15 - stored, "the refusals to be audited")


def test_what_the_disk_has_no_room_for_from_the_start_is_told_so_and_the_next_is_kept(
    small_disk: Store, tmp_path: Path
) -> None:
    huge, small = large(1, tmp_path / "sent", 20 * 1024), large(2, tmp_path / "sent")
    assert statuses(small_disk, huge, small) == [OUT_OF_RESOURCES, 0x0000]
    assert instances(small_disk) == 1
    wait_for(lambda: refused_for_want_of_room(small_disk) == 1, "the refusal to be audited")


def test_a_disk_that_turns_read_only_answers_out_of_resources_and_recovers(
    small_disk: Store, tmp_path: Path
) -> None:
    first, second = (large(number, tmp_path / "sent") for number in (1, 2))
    assert statuses(small_disk, first) == [0x0000]
    incoming = str(small_disk.settings.data_dir / "incoming")
    subprocess.run(["mount", "--bind", incoming, incoming], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", incoming], check=True)
    assert statuses(small_disk, second) == [OUT_OF_RESOURCES]
    subprocess.run(["umount", incoming], check=True)
    assert statuses(small_disk, second) == [0x0000]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Store:
    """A hub that waits 2 s for a locked database, not 20."""
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 2)
    return request.getfixturevalue("hub")


class Lock:
    """Holds the database as a long writer of another process would."""

    def __init__(self, store: Store) -> None:
        self._connection = sqlite3.connect(
            store.settings.data_dir / "hub.sqlite3", isolation_level=None, check_same_thread=False
        )
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self._connection.rollback()
        self._connection.close()


def test_a_database_locked_for_an_instant_only_delays_the_answer(impatient: Store, tmp_path: Path) -> None:
    lock = Lock(impatient)
    threading.Timer(1.0, lock.release).start()
    began = time.monotonic()
    assert statuses(impatient, written(slice_of(1), tmp_path / "1.dcm")) == [0x0000]
    assert 0.9 < time.monotonic() - began < 2.5


def test_a_connection_that_wrote_waits_for_locks_again_when_it_reads(hub: Store) -> None:
    """Taking its turn it waits for none: it looks again itself."""
    with hub.writing() as session:
        session.scalar(text("SELECT 1"))
        used = session.connection().connection.dbapi_connection
        assert session.scalar(text("PRAGMA busy_timeout")) == 0
    with hub.reading() as session:
        assert session.connection().connection.dbapi_connection is used
        assert session.scalar(text("PRAGMA busy_timeout")) == embedded.LOCK_SECONDS * 1000


def test_everybody_who_waits_for_a_locked_database_is_answered_in_one_wait(
    impatient: Store, tmp_path: Path
) -> None:
    lock = Lock(impatient)
    answers: list[tuple[int | None, float]] = []

    def send(number: int) -> None:
        path = written(slice_of(number), tmp_path / f"{number}.dcm")
        began = time.monotonic()
        (status,) = statuses(impatient, path)
        answers.append((status, time.monotonic() - began))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(1, 7)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert {status for status, _ in answers} == {OUT_OF_RESOURCES}
    # Six waits one after the other would take 12 s.
    assert max(seconds for _, seconds in answers) < 6
    assert not list(impatient.vault.keys()), "a refused instance left its file"

    lock.release()
    paths = sorted(tmp_path.glob("*.dcm"))
    assert statuses(impatient, *paths) == [0x0000] * 6
    wait_for(lambda: refused_for_want_of_room(impatient) == 6, "the refusals to be audited")
    assert content_of(impatient.vault.path(next(iter(impatient.vault.keys()))))


@pytest.mark.skipif(os.environ.get("READHUB_TEST_SOAK") != "1", reason="takes over a minute (make soak)")
def test_a_database_locked_for_a_minute_is_answered_in_time_and_then_forgotten(
    hub: Store, tmp_path: Path
) -> None:
    path = written(slice_of(1), tmp_path / "1.dcm")
    lock = Lock(hub)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        began = time.monotonic()
        assert statuses(hub, path) == [OUT_OF_RESOURCES]
        assert time.monotonic() - began < 20
    lock.release()
    assert statuses(hub, path) == [0x0000]
    assert (instances(hub), len(list(hub.vault.keys()))) == (1, 1)


def test_an_index_that_does_not_fit_on_the_full_disk_is_no_success(small_disk: Store, tmp_path: Path) -> None:
    first, second = (large(number, tmp_path / "sent") for number in (1, 2))
    assert statuses(small_disk, first) == [0x0000]
    wait_for(lambda: settled(small_disk) == 1, "the first study to settle")
    filler = leave_room_for(second, small_disk.settings.data_dir.parent)
    assert statuses(small_disk, second) == [OUT_OF_RESOURCES]
    assert instances(small_disk) == 1 == len(list(small_disk.vault.keys()))
    filler.unlink()
    assert statuses(small_disk, second) == [0x0000]
    assert instances(small_disk) == 2


@pytest.mark.parametrize("kilobytes", [1000, 3000], ids=["in one block", "in several"])
def test_a_study_of_which_something_was_not_taken_is_not_settled_until_that_comes(
    small_disk: Store, tmp_path: Path, kilobytes: int
) -> None:
    first = large(1, tmp_path / "sent")
    second = large(2, tmp_path / "sent", kilobytes)
    filler = small_disk.settings.data_dir.parent / "filler"
    room = os.statvfs(filler.parent)
    filler.write_bytes(bytes(room.f_bavail * room.f_frsize - 2 * 1024 * 1024))
    assert statuses(small_disk, first, second) == [0x0000, OUT_OF_RESOURCES]
    wait_for(lambda: untaken(small_disk) == 1, "what was not taken to be noted")
    assert settled(small_disk) == 0
    filler.unlink()
    assert statuses(small_disk, second) == [0x0000]
    wait_for(lambda: settled(small_disk) == 1, "the whole study to settle")
    assert untaken(small_disk) == 0


def untaken(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(UntakenInstance)) or 0


def leave_room_for(sent: Path, disk: Path) -> Path:
    """Fill the disk up to the room of that file and four pages: the index needs eleven to write its row."""
    room = os.statvfs(disk)
    page = room.f_frsize
    kept = (-(-sent.stat().st_size // page) + 4) * page
    filler = disk / "filler"
    filler.write_bytes(bytes(room.f_bavail * page - kept))
    return filler
