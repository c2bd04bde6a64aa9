"""Success is answered only after file and folder are on the disk and the row is committed (promise 1)."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.plugins.peers import Run, ScpProcess, wait_for

#: Calls of interest, as strace prints them with -y: each fsync names its file.
RENAMED = re.compile(r'rename\("[^"]*/incoming/(\w{32})", "[^"]*/files/(\w\w)/\1"\)')


def test_success_is_answered_after_file_and_folder_are_durable_and_the_row_is_committed(
    receiver: ScpProcess,
    dcmtk: Run,
    slices: Callable[..., list[Path]],
    program: Callable[[str], str],
    tmp_path: Path,
) -> None:
    pid = receiver.start()
    calls = tmp_path / "calls"
    watch = "trace=fsync,pwrite64,rename,sendto"
    strace = [program("strace"), "-f", "-y", "-s", "200", "-e", watch, "-o", str(calls), "-p", str(pid)]
    tracer = subprocess.Popen(strace, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None and "attached" in tracer.stderr.readline()
    sent = dcmtk("storescu", receiver.settings, *slices(1))
    assert "Received Store Response (Success)" in sent.stdout
    tracer.terminate()
    wait_for(lambda: tracer.poll() is not None, "strace", 30)
    assert_in_order(calls.read_text(errors="replace").splitlines())


def assert_in_order(lines: list[str]) -> None:
    """The file's fsync, its rename, the folder's fsync, the row's commit, and then an answer to the sender.

    The commit is in the database's log, which another process reads; a loss of power may take it, and the
    next start brings it back from the file (`test_reindex`).
    """
    (renamed,) = [number for number, line in enumerate(lines) if RENAMED.search(line)]
    key, shard = RENAMED.search(lines[renamed]).groups()  # type: ignore[union-attr]
    file_kept = first(lines, rf"fsync\(\d+<[^>]*/incoming/{key}>")
    folder_kept = first(lines, rf"fsync\(\d+<[^>]*/files/{shard}>")
    row_kept = first(lines, r"pwrite64\(\d+<[^>]*hub\.sqlite3-wal>")
    # The first P-DATA-TF (type 4, PS3.8 9.3.5) that the hub sends is the C-STORE's response.
    answered = first(lines, r"sendto\(\d+<[^>]*>, \"\\4\\0")
    assert file_kept < renamed < folder_kept < row_kept < answered < len(lines)


def first(lines: list[str], pattern: str) -> int:
    found = (n for n, line in enumerate(lines) if re.search(pattern, line))
    return next(found, len(lines))
