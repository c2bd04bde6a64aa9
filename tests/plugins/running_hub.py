"""A whole hub of its own processes, started, killed in parts and started again by a test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from hub.settings import Settings, read_settings
from hub.store import Store, open_store
from tests.plugins.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0


class RunningHub:
    """`readhub up` on free ports over a folder of its own."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        self.data, self.options, self.environment = data, options, environment
        self.http_port, self.dicom_port = free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def settings(self) -> Settings:
        return read_settings(
            data_dir=self.data, http=f"127.0.0.1:{self.http_port}", dicom=f"127.0.0.1:{self.dicom_port}"
        )

    def start(self) -> float:
        """Start it and wait for its line beginning "ready"; return how many seconds that took."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "readhub", "up", "--data", str(self.data), *self.options,
             "--http", f"127.0.0.1:{self.http_port}", "--dicom", f"127.0.0.1:{self.dicom_port}"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        assert self.process.stdout is not None
        said: list[str] = []
        while line := self.process.stdout.readline():
            said.append(line)
            if line.startswith("ready"):
                return time.monotonic() - began
        raise AssertionError("the hub did not become ready: " + "".join(said[-10:]))

    def stop(self) -> None:
        """Stop it in order, as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def parts(self) -> dict[str, int]:
        """Return the pid of each supervised process, by the words it was started with."""
        assert self.process is not None
        named = ((_name(pid), pid) for pid in _children(self.process.pid))
        return {name: pid for name, pid in named if name}

    def kill(self, part: str) -> None:
        """kill -9 one part, or "supervisor"."""
        assert self.process is not None
        pid = self.process.pid if part == "supervisor" else self.parts()[part]
        os.kill(pid, signal.SIGKILL)
        if part == "supervisor":
            self.process.wait(10)

    def store(self) -> Store:
        """Open the hub's rows and files beside it."""
        return open_store(self.settings)

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def command(self, *words: str, stdin: str | None = None) -> str:
        """Run another readhub command on the same hub and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "readhub", *words, "--data", str(self.data)],
            cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


def until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until `true()` is, or fail saying `what` did not happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"after {seconds} s: {what}"
        time.sleep(0.1)


def _children(parent: int) -> list[int]:
    stats = (text.rpartition(")") for text in map(_read, Path("/proc").glob("[0-9]*/stat")) if text)
    return [int(head.split()[0]) for head, _, tail in stats if int(tail.split()[1]) == parent]


def _read(path: Path) -> str:
    """Return what /proc says; nothing of a process that has just ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _name(pid: int) -> str:
    """Return the words a process was started with; nothing for one that has just ended."""
    words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
    if words == [""]:
        return ""
    if "readhub" not in words:
        return "broker"
    after = [word for word in words[words.index("readhub") + 1 :] if word and not word.startswith("-")]
    return "-".join(after[:2]) if after[0] == "worker" else after[0]


def _making(folder: Path) -> Iterator[Callable[..., RunningHub]]:
    made: list[RunningHub] = []

    def make(*options: str, **environment: str) -> RunningHub:
        made.append(RunningHub(folder / f"hub{len(made)}", *options, **environment))
        return made[-1]

    yield make
    for hub in made:
        hub.stop()


@pytest.fixture
def make_hub(tmp_path: Path) -> Iterator[Callable[..., RunningHub]]:
    """Make hubs that are stopped at the end of the test."""
    yield from _making(tmp_path)


@pytest.fixture(scope="module")
def make_module_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningHub]]:
    """Make hubs that all tests of a file share."""
    yield from _making(tmp_path_factory.mktemp("hubs"))
