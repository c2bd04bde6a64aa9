"""kill -9 at a write, a rename, a sync and an answer: `benchmarks/crash_table.py` does it at every one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.crash import CrashPoint, Programs, crash
from tests.plugins.peers import ScpProcess


@pytest.mark.parametrize(
    ("point", "where"),
    [
        (CrashPoint("rename", 2), "the draft"),
        (CrashPoint("fsync", 2), "the file"),
        (CrashPoint("pwrite64", 5), "the row"),
        (CrashPoint("sendto", 3), "the answer"),
    ],
)
def test_what_was_acknowledged_survives_and_nothing_is_doubled_or_half_visible(
    receiver: ScpProcess, slices: Callable[..., list[Path]], program: Callable[[str], str],
    point: CrashPoint, where: str,
) -> None:  # fmt: skip
    programs = Programs(program("storescu"), program("strace"))
    seen = crash(receiver, point, slices(3), programs)
    assert seen.where == where
    assert (seen.lost, seen.doubled, seen.half_visible) == (0, 0, 0)
