"""Refusals that wait for the database."""

import sqlite3
import time

import pytest
from sqlalchemy import select

from dicom import refusals as refusals_module
from dicom.refusals import Refusals
from hub.store import Store, audit, embedded
from hub.store.tables import AuditRow, UntakenInstance
from hub.store.untaken import Untaken
from tests.plugins.peers import wait_for


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Store:
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 0.2)
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


def test_what_waits_is_written_without_anybody_asking_for_it(
    impatient: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals_module, "SOON_SECONDS", 0.2)
    book = Refusals(impatient)
    lock = sqlite3.connect(impatient.settings.data_dir / "hub.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    book.note_later(audit.entry("store", "1.2.3", "refused"), Untaken("east", "1.2", "1.2.3"))
    time.sleep(1)
    lock.rollback()
    lock.close()

    def written() -> bool:
        with impatient.reading() as session:
            return list(session.scalars(select(UntakenInstance.sop_instance_uid))) == ["1.2.3"]

    wait_for(written, "the refusal and what its study lacks to be written")
    book.close()


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
