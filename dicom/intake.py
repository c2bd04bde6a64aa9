"""Rows of what arrives, written one turn at a time: whoever has the turn writes for all who wait for it."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from dicom.write_turn import WriteTurn
from hub.store import Store, arrivals
from hub.store.arrivals import Coming
from hub.store.quick_rows import QuickRows
from hub.store.unread import Reach

#: How often arrivals are recorded anew after losing a race.
TRIES = 4
#: The database itself is in trouble: the next would only find the same.
AWAY = (OperationalError, InterfaceError, NoConnection)


@dataclass(frozen=True)
class _Waiting:
    coming: Coming
    outcome: "Future[str]" = field(default_factory=Future)


class Intake:
    """Records arrivals; those of several associations that come together share one commit."""

    def __init__(self, store: Store, reach: Reach = None) -> None:
        self._store = store
        self._turn = WriteTurn()
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._quick = QuickRows(reach)

    def record(self, coming: Coming, until: float) -> str:
        """Write the rows of an arrival whose file is durable, and return its outcome after the commit.

        Raises NotKept where its turn does not come by `until` (`time.monotonic()`), and SQLAlchemy's errors.
        """
        mine = _Waiting(coming)
        with self._lock:
            self._waiting.append(mine)
        try:
            with self._turn.taken(until):
                self._write(self._everybody())
        except Exception:
            if self._withdrawn(mine):
                raise
        # Whoever took it up writes it or fails within the database's own time limits.
        return mine.outcome.result()

    def _everybody(self) -> list[_Waiting]:
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    def _withdrawn(self, mine: _Waiting) -> bool:
        with self._lock:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
        return True

    def _write(self, batch: list[_Waiting]) -> None:
        """Commit a batch; where one of it is at fault, each by itself. Raises when the database is away."""
        try:
            self._commit(batch)
        except AWAY as error:
            _fail(batch, error)
            raise
        except Exception:
            for index, one in enumerate(batch):
                try:
                    self._commit([one])
                except AWAY as away:
                    _fail(batch[index:], away)
                    raise
                except Exception as error:
                    _fail([one], error)

    def _commit(self, batch: list[_Waiting]) -> None:
        """Commit a batch; who lost a race against another listener looks again at what stands there now."""
        for left in reversed(range(TRIES)):
            try:
                return self._commit_once(batch)
            except (IntegrityError, OperationalError) as error:
                if not left or not arrivals.lost_a_race(error):
                    raise

    def _commit_once(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        with self._store.writing() as session:
            arrivals.wait_for_studies(session, (one.coming for one in batch))
            outcomes = [arrivals.take(session, one.coming, self._quick) for one in batch]
        for one, outcome in zip(batch, outcomes, strict=True):
            one.outcome.set_result(outcome)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for one in batch:
        one.outcome.set_exception(error)
