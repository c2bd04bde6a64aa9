"""Rows of what arrives, written in one thread: those that come together share a commit."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
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
#: The disk takes larger files longer than their rows take: they are durable before the database is locked.
LARGE_BYTES = 1024 * 1024
#: The thread ends when nothing came for so long; the next arrival starts it again.
IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class _Waiting:
    coming: Coming
    outcome: "Future[str]" = field(default_factory=Future)


class Recording:
    """An arrival whose rows are being written, beside whatever else its association does."""

    def __init__(self, intake: "Intake", waiting: _Waiting) -> None:
        self._intake, self._waiting = intake, waiting

    def outcome(self, until: float) -> str:
        """Return the outcome once the file is durable and the rows are committed.

        Raises NotKept where that is not begun by `until` (`time.monotonic()`), or the file is not durable,
        and SQLAlchemy's errors. Once begun it ends within the database's own time limits.
        """
        mine = self._waiting.outcome
        try:
            return mine.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            if not mine.done() and self._intake.withdrawn(self._waiting):
                raise NotKept("the index did not take the row in time") from None
            return mine.result()


class Intake:
    """Records arrivals. Whoever brings one makes its file durable meanwhile; the commit waits for that."""

    def __init__(self, store: Store, reach: Reach = None) -> None:
        self._store = store
        self._quick = QuickRows(reach)
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def begin(self, coming: Coming) -> Recording:
        """Begin to write the rows of an arrival."""
        mine = _Waiting(coming)
        with self._changed:
            self._waiting.append(mine)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
                self._thread.start()
            self._changed.notify()
        return Recording(self, mine)

    def withdrawn(self, mine: _Waiting) -> bool:
        """Take back what is not begun yet; False where it is too late for that."""
        with self._changed:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
        return True

    def _run(self) -> None:
        while batch := self._everybody():
            self._write(batch)

    def _everybody(self) -> list[_Waiting]:
        """Wait for arrivals and return all there are; none after a long silence: the thread ends."""
        with self._changed:
            if not self._waiting and not self._changed.wait_for(lambda: self._waiting, IDLE_SECONDS):
                self._thread = None
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
                    _fail([one], error)

    def _refuse(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Fail a batch, and who came meanwhile: waiting for the same once more would take them too long."""
        _fail(batch, error)
        with self._changed:
            late, self._waiting = self._waiting, []
        _fail(late, NotKept("the index takes no rows at the moment"))

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch; who lost a race against another listener looks again at what stands there now."""
        for left in reversed(range(TRIES)):
            try:
                return self._commit_once(batch)
            except (IntegrityError, OperationalError) as error:
                if not left or not arrivals.lost_a_race(error):
                    raise

    def _commit_once(self, batch: Sequence[_Waiting]) -> None:
        for one in (one for one in batch if one.coming.arrival.size > LARGE_BYTES):
            one.coming.durable()
        with self._store.indexing() as session:
            arrivals.wait_for_studies(session, (one.coming for one in batch))
            outcomes = [arrivals.take(session, one.coming, self._quick) for one in batch]
            for one in batch:
                one.coming.durable()
        answered = list(zip(batch, outcomes, strict=True))
        if any(outcome != "kept" or one.coming.entry for one, outcome in answered):
            self._store.bring_to_disk()  # what only its rows tell, such as a place in the audit trail
        for one, outcome in answered:
            one.outcome.set_result(outcome)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for one in batch:
        one.outcome.set_exception(error)
