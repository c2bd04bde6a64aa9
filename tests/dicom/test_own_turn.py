"""Who asks a peer gets the answer: the association's own thread takes none away."""

import sys
import threading
from collections.abc import Iterator

import pytest

from dicom.own_turn import Checkpoint


@pytest.fixture
def quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
def test_once_it_is_cleared_nobody_passes_until_it_is_set():
    ended, passed = threading.Event(), [0]
    thread = threading.Thread(target=lambda: passing(checkpoint, passed, ended))
    checkpoint = Checkpoint(thread.is_alive)
    thread.start()
    stolen = 0
    for _ in range(3000):
        checkpoint.clear()
        before = passed[0]
        for _ in range(20):
            stolen += passed[0] - before
        checkpoint.set()
    ended.set()
    checkpoint.set()
    thread.join(10)
    assert stolen == 0 and passed[0] > 0 and not thread.is_alive()


def passing(checkpoint: threading.Event, passed: list[int], ended: threading.Event) -> None:
    """Do as an association's thread does: come by, and look for what is there."""
    while not ended.is_set():
        checkpoint.wait()
        passed[0] += 1


def test_a_thread_that_has_ended_is_not_waited_for():
    checkpoint = Checkpoint(lambda: False)
    checkpoint.clear()
    assert not checkpoint.is_set() and checkpoint.wait(0.01) is False
    checkpoint.set()
    assert checkpoint.wait() is True
