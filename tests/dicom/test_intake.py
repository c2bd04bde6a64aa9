"""Rows of several associations in one commit: each gets its own answer, and one at fault fails alone."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from dicom import intake as intake_module
from dicom.intake import Intake, Recording
from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.errors import NotKept, Refused
from hub.store import Store
from hub.store.arrivals import Coming
from hub.store.tables import Instance
from tests.plugins.peers import wait_for


def coming(store: Store, sop: str, site: str = "east") -> Coming:
    study = StudyFacts(f"1.2.{sop}", f"1.2.{sop}.1", "CT")
    arrival = Arrival("1.2.840.10008.5.1.4.1.1.2", sop, "1.2.840.10008.1.2.1", sop, 1, PatientFacts(), study)
    origin = Origin(site, "CLINIC1", "READHUB", datetime.now(UTC), "127.0.0.1")
    return Coming(arrival, origin, store.vault.keep(sop.encode()))


class Slow:
    """A store whose first commit waits until `released` and may fail then, and that counts its commits."""

    def __init__(self, store: Store) -> None:
        self._write = store.indexing
        self.commits = 0
        self.released = threading.Event()
        self.fault: Exception | None = None

    @contextmanager
    def indexing(self):  # type: ignore[no-untyped-def]
        self.commits += 1
        if self.commits == 1:
            self.released.wait(20)
            if self.fault is not None:
                raise self.fault
        with self._write() as session:
            yield session


def soon(seconds: float = 30) -> float:
    return time.monotonic() + seconds


@pytest.fixture
def slow(townships: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    one = Slow(townships)
    monkeypatch.setattr(townships, "indexing", one.indexing)
    yield one
    one.released.set()


@pytest.fixture
def together(townships: Store, slow: Slow) -> Callable[..., tuple[dict, int]]:
    """Record several while the first one's commit is held up; give their outcomes and the commits made."""
    intake = Intake(townships)

    def outcome(recording: Recording) -> str:
        try:
            return recording.outcome(soon())
        except (Refused, NotKept) as error:
            return type(error).__name__

    def record(*several: Coming) -> tuple[dict, int]:
        recordings = [intake.begin(several[0])]
        wait_for(lambda: slow.commits == 1, "the first commit")
        recordings += [intake.begin(what) for what in several[1:]]
        slow.released.set()
        found = zip(several, recordings, strict=True)
        return {what.arrival.sop_instance_uid: outcome(one) for what, one in found}, slow.commits

    return record


def test_all_who_wait_share_one_commit(townships: Store, together: Callable[..., tuple[dict, int]]) -> None:
    outcomes, commits = together(*(coming(townships, str(number)) for number in range(1, 7)))
    assert outcomes == {str(number): "kept" for number in range(1, 7)}
    assert commits == 2


def test_one_at_fault_fails_alone(townships: Store, together: Callable[..., tuple[dict, int]]) -> None:
    outcomes, _ = together(
        coming(townships, "1"), coming(townships, "2"), coming(townships, "3", site="nobody"),
        coming(townships, "4"),
    )  # fmt: skip
    assert outcomes == {"1": "kept", "2": "kept", "3": "Refused", "4": "kept"}
    with townships.reading() as session:
        assert session.query(Instance).count() == 3


def test_the_same_twice_in_one_commit_is_kept_once(
    townships: Store, together: Callable[..., tuple[dict, int]]
) -> None:
    outcomes, _ = together(coming(townships, "1"), coming(townships, "2"), coming(townships, "2"))
    assert outcomes["1"] == "kept" and outcomes["2"] in ("kept", "same-again")
    with townships.reading() as session:
        assert session.query(Instance).count() == 2


def test_rows_are_committed_only_once_the_file_is_durable(townships: Store) -> None:
    durable: Future[None] = Future()
    what = replace(coming(townships, "1"), durable=durable.result)
    recording = Intake(townships).begin(what)
    with pytest.raises(TimeoutError):
        recording._waiting.outcome.result(0.3)
    with townships.reading() as session:
        assert session.query(Instance).count() == 0
    durable.set_result(None)
    assert recording.outcome(soon()) == "kept"


def test_one_whose_file_cannot_be_kept_fails_alone(
    townships: Store, together: Callable[..., tuple[dict, int]]
) -> None:
    lost: Future[None] = Future()
    lost.set_exception(NotKept("the disk is full"))
    outcomes, _ = together(
        coming(townships, "1"), replace(coming(townships, "2"), durable=lost.result), coming(townships, "3")
    )
    assert outcomes == {"1": "kept", "2": "NotKept", "3": "kept"}


def test_nobody_waits_longer_than_told(townships: Store, slow: Slow) -> None:
    intake = Intake(townships)
    first = intake.begin(coming(townships, "1"))
    wait_for(lambda: slow.commits == 1, "the first commit")
    with pytest.raises(NotKept, match="in time"):
        intake.begin(coming(townships, "2")).outcome(soon(0.1))
    slow.released.set()
    assert first.outcome(soon()) == "kept"
    with townships.reading() as session:
        assert list(session.scalars(select(Instance.sop_instance_uid))) == ["1"], "the second was withdrawn"


def test_who_waited_while_the_database_was_away_is_refused_with_it(townships: Store, slow: Slow) -> None:
    intake = Intake(townships)
    first = intake.begin(coming(townships, "1"))
    wait_for(lambda: slow.commits == 1, "the first commit")
    second = intake.begin(coming(townships, "2"))
    slow.fault = OperationalError("INSERT", None, Exception("database is locked"))
    slow.released.set()
    with pytest.raises(OperationalError):
        first.outcome(soon())
    with pytest.raises(NotKept, match="takes no rows"):
        second.outcome(soon())
    assert intake.begin(coming(townships, "3")).outcome(soon()) == "kept", "who comes later has a turn"


def test_the_thread_ends_in_silence_and_starts_again(
    townships: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "IDLE_SECONDS", 0.05)
    intake = Intake(townships)
    assert intake.begin(coming(townships, "1")).outcome(soon()) == "kept"
    wait_for(lambda: intake._thread is None, "the end of the thread")
    assert intake.begin(coming(townships, "2")).outcome(soon()) == "kept"


def test_nobody_waits_for_the_database_while_the_disk_takes_a_large_file(
    townships: Store, slow: Slow
) -> None:
    durable: Future[None] = Future()
    small = coming(townships, "1")
    large = replace(small, arrival=replace(small.arrival, size=15_000_000), durable=durable.result)
    slow.released.set()
    recording = Intake(townships).begin(large)
    with pytest.raises(TimeoutError):
        recording._waiting.outcome.result(0.3)
    assert slow.commits == 0, "no transaction was begun"
    durable.set_result(None)
    assert recording.outcome(soon()) == "kept"
