"""Turns at the database, and refusals that wait for it."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy import select

from dicom import refusals as refusals_module
from dicom.refusals import Refusals
from dicom.write_turn import WriteTurn
from hub.errors import NotKept
from hub.store import Store, audit, engine
from hub.store.tables import AuditRow


def soon(seconds: float) -> float:
    return time.monotonic() + seconds


def test_a_turn_is_held_by_one_at_a_time() -> None:
    turn = WriteTurn()
    with turn.taken(soon(1)), pytest.raises(NotKept, match="in time"), turn.taken(soon(0.1)):
        pass


def test_who_waited_for_a_turn_that_failed_is_refused_at_once() -> None:
    turn, waiting, refused = WriteTurn(), threading.Event(), []

    def wait() -> None:
        waiting.set()
        try:
            with turn.taken(soon(10)):
                pass
        except NotKept as error:
            refused.append(str(error))

    waiter = threading.Thread(target=wait)
    with pytest.raises(OSError), turn.taken(soon(1)):
        waiter.start()
        waiting.wait()
        time.sleep(0.1)
        raise OSError("the database is locked")
    waiter.join(2)
    assert refused == ["the index takes no rows at the moment"]


def test_who_comes_after_a_failed_turn_gets_one() -> None:
    turn = WriteTurn()
    with pytest.raises(OSError), turn.taken(soon(1)):
        raise OSError
    with turn.taken(soon(0)):
        pass


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Store:
    monkeypatch.setattr(engine, "LOCK_SECONDS", 0.2)
    store: Store = request.getfixturevalue("townships")
    return store


def test_refusals_wait_for_a_locked_database_and_are_written_in_their_order(impatient: Store) -> None:
    book = Refusals(impatient)
    lock = sqlite3.connect(impatient.settings.data_dir / "hub.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    book.note(audit.entry("store", "1.2.3", "refused"))
    book.note_later(audit.entry("store", "1.2.4", "refused"))
    lock.rollback()
    lock.close()
    book.note(audit.entry("store", "1.2.5", "refused"))
    with impatient.reading() as session:
        assert list(session.scalars(select(AuditRow.thing))) == ["1.2.3", "1.2.4", "1.2.5"]
    assert audit.verify(impatient) == (3, None)


def test_a_flood_of_refusals_takes_no_more_memory_than_allowed(
    impatient: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals_module, "MOST_WAITING", 3)
    book = Refusals(impatient)
    for number in range(5):
        book.note_later(audit.entry("store", str(number), "refused"))
    book.write()
    with impatient.reading() as session:
        assert list(session.scalars(select(AuditRow.thing))) == ["2", "3", "4"]
