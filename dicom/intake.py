"""Rows of what arrives: whoever has the turn writes those of all who wait, so that they share a commit."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from hub.errors import NotKept
from hub.store import Store, arrivals
from hub.store.arrivals import Coming
from hub.store.quick_rows import QuickRows
from hub.store.unread import Reach

#: How often arrivals are recorded anew after losing a race.
TRIES = 4
#: The database itself is in trouble: the next would only find the same.
AWAY = (OperationalError, InterfaceError, NoConnection)


@dataclass(eq=False)
class _Waiting:
    """An arrival whose file is durable, and what became of its rows."""

    coming: Coming
    outcome: str = ""
    error: Exception | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.outcome) or self.error is not None


class Intake:
    """Records arrivals, for many threads at once."""

    def __init__(self, store: Store, reach: Reach = None) -> None:
        self._store, self._indexer = store, store.indexer()
        self._quick = QuickRows(reach)
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def record(self, coming: Coming, until: float) -> str:
        """Return the outcome of an arrival once its rows are committed.

        Raises NotKept where that is not begun by `until` (`time.monotonic()`), and SQLAlchemy's errors. Once
        begun it ends within the database's own time limits.
        """
        mine = _Waiting(coming)
        with self._lock:
            self._waiting.append(mine)
        if not self._turn.acquire(timeout=max(0.0, until - time.monotonic())):
            if self._withdrawn(mine):
                raise NotKept("the index did not take the row in time")
            self._turn.acquire()  # somebody is at it
        try:
            if not mine.is_over:
                self._write(self._everybody())
        finally:
            self._turn.release()
        if mine.error is not None:
            raise mine.error
        if not mine.outcome:  # whoever had the turn was stopped in it
            raise NotKept("the index did not take the row")
        return mine.outcome

    def _withdrawn(self, mine: _Waiting) -> bool:
        """Take back what is not begun yet; False where it is too late for that."""
        with self._lock:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
        return True

    def _everybody(self) -> list[_Waiting]:
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    def _write(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch; where one of it is at fault, each by itself."""
        try:
            self._commit(batch)
        except AWAY as error:
            self._refuse(batch, error)
        except Exception:
            for index, one in enumerate(batch):
                try:
                    self._commit([one])
                except AWAY as away:
                    self._refuse(batch[index:], away)
                    return
                except Exception as error:
                    one.error = error

    def _refuse(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Fail a batch, and who came meanwhile: waiting for the same once more would take them too long."""
        for one in batch:
            one.error = error
        for late in self._everybody():
            late.error = NotKept("the index takes no rows at the moment")

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch; who lost a race against another listener looks again at what stands there now."""
        for left in reversed(range(TRIES)):
            try:
                return self._commit_once(batch)
            except Exception as error:
                self._quick.forget()  # what it learned was not committed
                if not left or not arrivals.lost_a_race(error):
                    raise

    def _commit_once(self, batch: Sequence[_Waiting]) -> None:
        with self._indexer.transaction() as connection:
            arrivals.wait_for_studies(connection, (one.coming for one in batch))
            outcomes = [arrivals.take(connection, one.coming, self._quick) for one in batch]
        if any(outcome != "kept" for outcome in outcomes) or any(one.coming.entry for one in batch):
            self._store.bring_to_disk()  # what only its rows tell, such as a place in the audit trail
        for one, outcome in zip(batch, outcomes, strict=True):
            one.outcome = outcome
