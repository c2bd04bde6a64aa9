"""The supervisor: order, restarts, and nothing left over however it ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.errors import SetupFault
from hub.supervisor import supervise
from hub.supervisor.child import BACK_OFF, Child, ChildPlan
from hub.supervisor.journal import keep_short
from hub.supervisor.ports import need_free
from hub.supervisor.supervise import Supervisor

ROOT = Path(__file__).resolve().parents[2]

#: Writes its start, waits, and writes its end when told to stop.
PART = """
import os, signal, sys, time
name, diary = sys.argv[1:3]
def say(word):
    with open(diary, "a") as out:
        print(name, word, os.getpid(), file=out, flush=True)
def stop(*_):
    say("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
say("started")
while True:
    time.sleep(0.05)
"""

#: A supervisor in a process of its own, whose child has a child that is tied to it.
FAMILY = """
import os, sys
from pathlib import Path
from hub.errors import HubError
from hub.lock import hold_data_folder
from hub.log import start_log
from hub.supervisor.child import ChildPlan
from hub.supervisor.supervise import Supervisor
start_log("supervisor")
folder = Path(sys.argv[1])
child = '''
import os, time
from pathlib import Path
from hub.supervisor.parent import die_with_parent
parent = os.getpid()
if os.fork() == 0:
    die_with_parent(parent)
    Path("grandchild").write_text(str(os.getpid()))
else:
    Path("child").write_text(str(os.getpid()))
while True:
    time.sleep(1)
'''
try:
    with hold_data_folder(folder) as family:
        os.chdir(folder)
        ready = lambda: Path("grandchild").exists() and Path("child").exists()
        plan = ChildPlan("parent", (sys.executable, "-c", child), ready)
        Supervisor([[plan]], folder / "logs", family).run(lambda: print("ready", flush=True))
except HubError as fault:
    sys.exit(str(fault))
"""


class Diary:
    """What the parts wrote, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def plan(self, name: str) -> ChildPlan:
        command = (sys.executable, "-c", PART, name, str(self.path))
        return ChildPlan(name, command, lambda: f"{name} started" in self.text())

    def text(self) -> str:
        return self.path.read_text() if self.path.exists() else ""

    def words(self) -> list[str]:
        return [line.rpartition(" ")[0] for line in self.text().splitlines()]

    def pids(self, name: str) -> list[int]:
        lines = [line.split() for line in self.text().splitlines()]
        return [int(pid) for part, word, pid in lines if (part, word) == (name, "started")]


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path / "diary")


@pytest.fixture
def family(tmp_path: Path) -> Callable[[], "subprocess.Popen[str]"]:
    """Start a supervisor with child and grandchild in a process of its own and wait until it is ready."""

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", FAMILY, str(tmp_path / "data")]
        started = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_with_root()
        )
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        return started

    return start


def _with_root() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def _wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _end_this_run() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_parts_start_stage_by_stage_and_stop_in_reverse_order(diary: Diary, tmp_path: Path) -> None:
    stages = [[diary.plan("broker")], [diary.plan("scp")], [diary.plan("web")]]
    Supervisor(stages, tmp_path / "logs", None).run(_end_this_run)
    assert diary.words() == [
        "broker started", "scp started", "web started", "web stopped", "scp stopped", "broker stopped",
    ]  # fmt: skip


def test_a_part_that_is_killed_is_started_again_at_once(diary: Diary, tmp_path: Path) -> None:
    seconds: list[float] = []

    def kill_it() -> None:
        began = time.monotonic()
        os.kill(diary.pids("scp")[0], signal.SIGKILL)
        _wait_until(lambda: len(diary.pids("scp")) == 2)
        seconds.append(time.monotonic() - began)
        _end_this_run()

    stages = [[diary.plan("scp"), diary.plan("web")]]
    Supervisor(stages, tmp_path / "logs", None).run(threading.Thread(target=kill_it).start)
    assert len(diary.pids("web")) == 1
    assert seconds[0] < 2


def test_a_part_that_keeps_dying_is_tried_less_and_less_often(tmp_path: Path) -> None:
    child = Child(ChildPlan("poor", ("/bin/false",), lambda: True), tmp_path / "poor.log", None)
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        child.keep_running()
        time.sleep(0.01)
    assert BACK_OFF[:4] == (0.1, 0.3, 1.0, 2.0)
    assert child.starts == 4


def test_a_part_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('port 8080 is taken')")
    plan = ChildPlan("web", command, lambda: False)
    with pytest.raises(SetupFault, match="web does not start: port 8080 is taken"):
        Supervisor([[plan]], tmp_path / "logs", None).run(lambda: None)


def test_a_part_that_runs_but_does_not_serve_in_time_is_not_said_to_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "START_SECONDS", 1.0)
    command = (sys.executable, "-c", "import time; print('loading', flush=True); time.sleep(60)")
    plan = ChildPlan("web", command, lambda: False)
    with pytest.raises(SetupFault, match="web does not serve after 1 s; all data is kept.* loading"):
        Supervisor([[plan]], tmp_path / "logs", None).run(lambda: None)


def test_a_part_that_ignores_the_request_to_stop_is_killed_with_its_group(tmp_path: Path) -> None:
    stubborn = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.fork() or os.getpid(), flush=True)\n"
        "while True: time.sleep(1)"
    )
    child = Child(ChildPlan("deaf", (sys.executable, "-c", stubborn), lambda: True), tmp_path / "log", None)
    child.start()
    _wait_until(lambda: (tmp_path / "log").read_text().count("\n") == 2)
    child.ask_to_stop()
    child.see_end(grace=0.2)
    pids = {int(line) for line in (tmp_path / "log").read_text().split()}
    _wait_until(lambda: not any(_runs(pid) for pid in pids), 3)


def test_children_and_grandchildren_end_with_a_supervisor_that_is_killed(
    family: Callable[[], "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    supervisor = family()
    pids = [int((tmp_path / "data" / name).read_text()) for name in ("child", "grandchild")]
    assert all(_runs(pid) for pid in pids)
    supervisor.kill()
    supervisor.wait()
    _wait_until(lambda: not any(_runs(pid) for pid in pids), 3)


def test_a_second_hub_on_the_same_folder_is_refused_and_a_killed_ones_lock_is_nobodys(
    family: Callable[[], "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    first = family()
    again = [sys.executable, "-c", FAMILY, str(tmp_path / "data")]
    second = subprocess.run(again, capture_output=True, text=True, env=_with_root(), timeout=30)
    assert second.returncode != 0
    assert f"already running on {tmp_path / 'data'} (process {first.pid})" in second.stderr
    first.kill()
    began = time.monotonic()
    third = family()
    assert time.monotonic() - began < 5
    third.terminate()
    assert third.wait(20) == 0


def test_the_data_folder_and_the_logs_are_their_owners_alone(
    family: Callable[[], "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    started = family()
    started.terminate()
    started.wait(20)
    data = tmp_path / "data"
    assert data.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in data.rglob("*.l*") if path.is_file()}
    assert modes == {"hub.lock": 0o600, "family.lock": 0o600, "parent.log": 0o600}


def test_a_long_log_is_cut_and_its_last_part_kept_beside_it(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"x" * 2000)
        writer.flush()
        keep_short(log, largest=1000)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "web.log.1").stat().st_size == 2000


def test_a_taken_port_is_said_before_anything_starts(free_port: Callable[[], int]) -> None:
    port = free_port()
    said = f"HTTP cannot listen on 127.0.0.1:{port}: address already in use"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(SetupFault, match=said):
            need_free("127.0.0.1", port, "HTTP")
    need_free("127.0.0.1", port, "HTTP")
