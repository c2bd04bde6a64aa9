"""Rows of several associations in one commit: each gets its own answer, and one at fault fails alone."""

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from dicom.intake import Intake
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
    """A store whose first commit waits until `released`, and that counts its commits."""

    def __init__(self, store: Store) -> None:
        self._write = store.writing
        self.commits = 0
        self.released = threading.Event()

    @contextmanager
    def writing(self):  # type: ignore[no-untyped-def]
        self.commits += 1
        if self.commits == 1:
            self.released.wait(20)
        with self._write() as session:
            yield session


@pytest.fixture
def together(townships: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict, int]]:
    """Record several while the first one's commit is held up; give their outcomes and the commits made."""
    intake, outcomes, slow = Intake(townships), {}, Slow(townships)
    monkeypatch.setattr(townships, "writing", slow.writing)

    def one(what: Coming) -> None:
        try:
            outcomes[what.arrival.sop_instance_uid] = intake.record(what, time.monotonic() + 30)
        except (Refused, NotKept) as error:
            outcomes[what.arrival.sop_instance_uid] = type(error).__name__

    def record(*several: Coming) -> tuple[dict, int]:
        threads = [threading.Thread(target=one, args=(what,)) for what in several]
        threads[0].start()
        wait_for(lambda: slow.commits == 1, "the first commit")
        for thread in threads[1:]:
            thread.start()
        wait_for(lambda: len(intake._waiting) == len(several) - 1, "the others")
        slow.released.set()
        for thread in threads:
            thread.join(60)
        return outcomes, slow.commits

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
