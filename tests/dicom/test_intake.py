"""Rows of several associations in one commit: each gets its own answer, and one at fault fails alone."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from dicom.intake import Intake
from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.errors import NotKept, Refused
from hub.store import Store
from hub.store.arrivals import Coming
from hub.store.engine import Indexer
from hub.store.tables import Instance
from tests.plugins.peers import wait_for


def coming(store: Store, sop: str, site: str = "east") -> Coming:
    study = StudyFacts(f"1.2.{sop}", f"1.2.{sop}.1", "CT")
    arrival = Arrival("1.2.840.10008.5.1.4.1.1.2", sop, "1.2.840.10008.1.2.1", sop, 1, PatientFacts(), study)
    origin = Origin(site, "CLINIC1", "READHUB", datetime.now(UTC), "127.0.0.1")
    return Coming(arrival, origin, store.vault.keep(sop.encode()))


class Slow:
    """An indexer whose first commit waits until `released` and may fail then, and that counts its commits."""

    def __init__(self, inner: Indexer) -> None:
        self._inner = inner
        self.commits = 0
        self.released = threading.Event()
        self.fault: Exception | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.commits += 1
        if self.commits == 1:
            self.released.wait(20)
            if self.fault is not None:
                raise self.fault
        with self._inner.transaction() as connection:
            yield connection


class Recording:
    """An arrival that another thread records."""

    def __init__(self, intake: Intake, coming: Coming, seconds: float = 30) -> None:
        self._said: Future[str] = Future()
        self._given = intake, coming, time.monotonic() + seconds
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        intake, coming, until = self._given
        try:
            self._said.set_result(intake.record(coming, until))
        except Exception as error:
            self._said.set_exception(error)

    def outcome(self) -> str:
        return self._said.result(30)


@pytest.fixture
def slow(townships: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    one = Slow(townships.indexer())
    monkeypatch.setattr(townships, "indexer", lambda: one)
    yield one
    one.released.set()


@pytest.fixture
def together(townships: Store, slow: Slow) -> Callable[..., tuple[dict, int]]:
    """Record several while the first one's commit is held up; give their outcomes and the commits made."""
    intake = Intake(townships)

    def outcome(recording: Recording) -> str:
        try:
            return recording.outcome()
        except (Refused, NotKept) as error:
            return type(error).__name__

    def record(*several: Coming) -> tuple[dict, int]:
        recordings = [Recording(intake, several[0])]
        wait_for(lambda: slow.commits == 1, "the first commit")
        recordings += [Recording(intake, what) for what in several[1:]]
        wait_for(lambda: len(intake._waiting) == len(several) - 1, "the others to wait")
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


def test_nobody_waits_longer_than_told(townships: Store, slow: Slow) -> None:
    intake = Intake(townships)
    first = Recording(intake, coming(townships, "1"))
    wait_for(lambda: slow.commits == 1, "the first commit")
    with pytest.raises(NotKept, match="in time"):
        Recording(intake, coming(townships, "2"), 0.1).outcome()
    slow.released.set()
    assert first.outcome() == "kept"
    with townships.reading() as session:
        assert list(session.scalars(select(Instance.sop_instance_uid))) == ["1"], "the second was withdrawn"


def test_who_waited_while_the_database_was_away_is_refused_with_it(townships: Store, slow: Slow) -> None:
    intake = Intake(townships)
    first = Recording(intake, coming(townships, "1"))
    wait_for(lambda: slow.commits == 1, "the first commit")
    second = Recording(intake, coming(townships, "2"))
    wait_for(lambda: len(intake._waiting) == 1, "the second to wait")
    slow.fault = OperationalError("INSERT", None, Exception("database is locked"))
    slow.released.set()
    with pytest.raises(OperationalError):
        first.outcome()
    with pytest.raises(NotKept, match="takes no rows"):
        second.outcome()
    assert Recording(intake, coming(townships, "3")).outcome() == "kept", "who comes later has a turn"


def test_a_commit_that_failed_leaves_nothing_open(townships: Store) -> None:
    intake = Intake(townships)
    assert Recording(intake, coming(townships, "1")).outcome() == "kept"
    with pytest.raises(Refused):
        Recording(intake, coming(townships, "2", site="nobody")).outcome()
    with townships.writing():  # what was left open would lock the database
        pass
    assert Recording(intake, coming(townships, "3")).outcome() == "kept"
    with townships.reading() as session:
        assert sorted(session.scalars(select(Instance.sop_instance_uid))) == ["1", "3"]


def test_what_is_not_quick_is_committed_with_what_is(
    townships: Store, together: Callable[..., tuple[dict, int]]
) -> None:
    """A second series of a study takes the long way, on the connection that the quick ones write on."""
    first = coming(townships, "1")
    study = replace(first.arrival.study, series_instance_uid="1.2.1.2")
    second = coming(townships, "1.5")
    second = replace(second, arrival=replace(second.arrival, study=study))
    outcomes, commits = together(coming(townships, "9"), first, second, coming(townships, "3"))
    assert outcomes == dict.fromkeys(("9", "1", "1.5", "3"), "kept")
    assert commits == 2


def test_who_waited_for_one_that_was_stopped_is_refused(townships: Store, slow: Slow) -> None:
    intake = Intake(townships)
    Recording(intake, coming(townships, "1"))
    wait_for(lambda: slow.commits == 1, "the first commit")
    second = coming(townships, "2")
    waiting = Recording(intake, second)
    wait_for(lambda: len(intake._waiting) == 1, "the second to wait")
    intake._everybody()  # as if the first had taken it, and was stopped before it said anything
    slow.released.set()
    with pytest.raises(NotKept, match="did not take the row"):
        waiting.outcome()
