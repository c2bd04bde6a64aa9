"""Turns at the database: one writer at a time, and nobody waits longer than a sender may wait."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import NotKept


class WriteTurn:
    """A turn that is given within a bound.

    When a turn ends in an error, everybody who was waiting for it is refused too: the next would only find
    the same locked database, and each of them would wait for it once more on top of what they waited.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._failures = 0

    @contextmanager
    def taken(self, until: float) -> Iterator[None]:
        """Hold the turn; `until` is the `time.monotonic()` at which waiting ends.

        Raises NotKept when it is not given by then, or the turn waited for ended in an error.
        """
        failures = self._failures
        if not self._turn.acquire(timeout=max(0.0, until - time.monotonic())):
            raise NotKept("the index did not take the row in time")
        try:
            if failures != self._failures:
                raise NotKept("the index takes no rows at the moment")
            yield
        except NotKept:
            raise
        except BaseException:
            self._failures += 1
            raise
        finally:
            self._turn.release()
