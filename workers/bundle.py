"""Several errands in one message: taken up together, worked on one by one, written down beside the work."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import Any

import structlog

from hub.store import errands
from hub.store.errands import Task
from workers.desk import Desk, Result, result_of, settle

log = structlog.get_logger("worker")

#: A result in a bundle may wait for the next ones for so long; a transaction for each costs more than it.
GATHER_SECONDS = 0.2

#: A message ends after so many bundles, so that a worker that is to stop can.
MOST_BUNDLES = 8

Outcome = tuple[Task, Result]


class Clerk:
    """Writes results in a thread of its own, all that are there in one transaction.

    What is not written when the process ends is done again: its errand is still this worker's, who is gone.
    """

    def __init__(self, desk: Desk) -> None:
        """Have nothing to write yet."""
        self._desk = desk
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clerk")
        self._runner = ThreadPoolExecutor(1, thread_name_prefix="runner")
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._waiting: list[Outcome] = []

    def fetch(self, kinds: Sequence[str], most: int) -> Future[list[Task]]:
        """Take up the next errands of `kinds` meanwhile."""
        return self._runner.submit(self._fetched, kinds, most)

    def _fetched(self, kinds: Sequence[str], most: int) -> list[Task]:
        if not most:
            return []
        with self._desk.store.noting(quietly=True) as session:
            return errands.claim_next(session, kinds, self._desk.holder, most)

    def take(self, outcome: Outcome) -> None:
        """Write this outcome soon, with those that come within GATHER_SECONDS."""
        self._hurry.clear()
        with self._lock:
            self._waiting.append(outcome)
            first = len(self._waiting) == 1
        if first:
            self._thread.submit(self._write)

    def hurry(self) -> None:
        """Gather no longer: nothing more comes for now."""
        self._hurry.set()

    def finish(self) -> None:
        """Wait until everything taken so far is written."""
        self.hurry()
        self._thread.submit(lambda: None).result()

    def _write(self) -> None:
        self._hurry.wait(GATHER_SECONDS)
        with self._lock:
            outcomes, self._waiting = self._waiting, []
        try:
            settle(self._desk, outcomes)
        except Exception:  # one that cannot be written must not take the others with it
            for outcome in outcomes:
                self._write_one(outcome)

    def _write_one(self, outcome: Outcome) -> None:
        try:
            settle(self._desk, [outcome])
        except Exception as error:  # its lease runs out, then it is done again
            task = outcome[0]
            log.warning("not written", kind=task.kind, errand=task.id, error=type(error).__name__)


def run_errands(desk: Desk, errand_ids: Sequence[int], kinds: dict[str, Any], clerk: Clerk) -> int:
    """Take up those errands that are to be had, work on them and on what else is due; return how many.

    The next ones are taken up while these are worked on, without the broker, MOST_BUNDLES times.
    A kind may have `work_all(desk, tasks)`: one function for each task that gives its Result, from
    what is looked up for all of them at once.
    """
    with desk.store.noting(quietly=True) as session:
        tasks = errands.claim(session, errand_ids, desk.holder)
    done, fetched = 0, [kind for kind, module in kinds.items() if hasattr(module, "work_all")]
    for left in reversed(range(MOST_BUNDLES)):
        if not tasks:
            break
        following = clerk.fetch(fetched, len(errand_ids) if left else 0)
        for kind, group in groupby(tasks, lambda task: task.kind):
            for outcome in _outcomes(desk, list(group), kinds.get(kind)):
                clerk.take(outcome)
        done += len(tasks)
        tasks = following.result()
    clerk.hurry()
    return done


def _outcomes(desk: Desk, tasks: list[Task], kind: Any) -> Iterator[Outcome]:
    works: Sequence[Callable[[], Result] | None] = [None] * len(tasks)
    if len(tasks) > 1 and hasattr(kind, "work_all"):
        works = kind.work_all(desk, tasks)
    for task, work in zip(tasks, works, strict=True):
        yield task, result_of(desk, task, kind, work)
