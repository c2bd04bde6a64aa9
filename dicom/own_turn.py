"""Asking a peer without pynetdicom's own thread taking the answer away.

An association's thread looks for what the peer asks of its own accord. Before a request pynetdicom clears the
thread's checkpoint and waits for a mark that says "paused"; but the thread sets that mark also on its way
through the open checkpoint. It may then look once more, take the answer for a request, and drop it: who asked
waits for the whole time-out. A peer that answers within milliseconds makes that likely on a busy machine.
"""

import threading
from collections.abc import Callable

from pynetdicom.association import Association

#: How often it is looked whether the thread has ended meanwhile.
LOOK_SECONDS = 0.05


class Checkpoint(threading.Event):
    """A checkpoint that is cleared only once the thread stands before it and stays there until it is set."""

    def __init__(self, passes: Callable[[], bool]) -> None:
        """Be open; `passes` tells whether there is another thread that comes by here."""
        super().__init__()
        self._passes = passes
        self._gate = threading.Condition()
        self._is_open, self._is_held = True, False

    def wait(self, timeout: float | None = None) -> bool:
        """Stand here while it is closed; `timeout` is not needed where pynetdicom waits."""
        with self._gate:
            self._is_held = True
            self._gate.notify_all()
            self._gate.wait_for(self.is_set, timeout)
            self._is_held = False
            return self._is_open

    def clear(self) -> None:
        """Close it, and return once nobody can be on the other side."""
        with self._gate:
            self._is_open = False
            while not self._is_held and self._passes():
                self._gate.wait(LOOK_SECONDS)

    def set(self) -> None:
        """Open it."""
        with self._gate:
            self._is_open = True
            self._gate.notify_all()

    def is_set(self) -> bool:
        """Tell whether it is open."""
        return self._is_open


def keep_answers(association: Association) -> None:
    """Let nobody but who asks on `association`, which we requested, take the answers."""
    association._reactor_checkpoint = Checkpoint(
        lambda: association.is_alive() and threading.current_thread() is not association
    )
