"""`readhub up`: a whole hub by one command, private, alone on its folder, gone when told."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.plugins.running_hub import ROOT, RunningHub, free_port, until


@pytest.fixture(scope="module")
def quiet_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running hub without a demo; the tests below use it in their order and the last one stops it."""
    hub = RunningHub(tmp_path_factory.mktemp("quiet") / "hub")
    print(f"ready after {hub.start():.1f} s")
    yield hub
    hub.stop()


@pytest.fixture
def echo(program: Callable[[str], str]) -> Callable[[RunningHub, str], bool]:
    """Ask a hub for C-ECHO with DCMTK, calling with a title; tell whether it answered."""

    def ask(hub: RunningHub, calling: str) -> bool:
        peer = ["127.0.0.1", str(hub.dicom_port)]
        command = [program("echoscu"), "-aet", calling, "-aec", "READHUB", *peer]
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0

    return ask


def test_a_hub_without_a_demo_becomes_ready_with_no_account_and_all_of_it_private(
    quiet_hub: RunningHub,
) -> None:
    hub = quiet_hub
    assert hub.is_ready()
    assert hub.command("user", "list").startswith("no accounts yet")
    assert not (hub.data / "demo-accounts.json").exists()
    loose = {
        str(path.relative_to(hub.data)): oct(path.stat().st_mode & 0o777)
        for path in [hub.data, *hub.data.rglob("*")]
        if path.stat().st_mode & 0o077
    }
    assert loose == {}
    assert {"hub.sqlite3", "secret.key", "hub.lock"} <= {path.name for path in hub.data.iterdir()}


def test_a_site_that_is_added_to_a_running_hub_may_call_within_two_seconds(
    quiet_hub: RunningHub, echo: Callable[[RunningHub, str], bool]
) -> None:
    hub = quiet_hub
    assert not echo(hub, "CLINIC1")
    hub.command("site", "add", "qingshan", "--ae", "CLINIC1")
    until(lambda: echo(hub, "CLINIC1"), 2, "the new site is still refused")
    hub.command("site", "edit", "qingshan", "--address", "10.9.9.9")
    until(lambda: not echo(hub, "CLINIC1"), 2, "another address is still admitted")


def test_a_taken_port_is_said_in_one_line_before_anything_is_made(
    quiet_hub: RunningHub, tmp_path: Path
) -> None:
    hub = quiet_hub
    told = _up(
        tmp_path / "other", "--http", f"127.0.0.1:{hub.http_port}", "--dicom", f"127.0.0.1:{free_port()}"
    )
    assert told.returncode == 1
    assert f"HTTP (--http) cannot listen on 127.0.0.1:{hub.http_port}: address already in use" in told.stderr
    assert not (tmp_path / "other" / "hub.sqlite3").exists()


def test_the_doctor_says_where_the_running_hub_really_serves_and_whose_a_taken_port_is(
    quiet_hub: RunningHub, tmp_path: Path
) -> None:
    hub = quiet_hub
    assert hub.process is not None
    said = hub.command("doctor")
    for port in (hub.http_port, hub.dicom_port):
        assert f"the hub of process {hub.process.pid} serves at 127.0.0.1:{port}" in said
    assert "8080" not in said
    command = [sys.executable, "-m", "readhub", "doctor", "--data", str(tmp_path / "other")]
    taken = {**os.environ, "READHUB_HTTP": f"127.0.0.1:{hub.http_port}"}
    told = subprocess.run(command, cwd=ROOT, env=taken, capture_output=True, text=True, timeout=120)
    (line,) = [line for line in told.stdout.splitlines() if line[8:13] == "http "]
    assert line.startswith("warning") and "no `readhub up` runs on this data folder" in line


def test_a_second_hub_on_the_folder_is_refused_and_ctrl_c_leaves_no_process_and_all_data(
    quiet_hub: RunningHub,
) -> None:
    hub = quiet_hub
    assert hub.process is not None
    family = psutil.Process(hub.process.pid).children(recursive=True)
    assert len(family) > 6
    ports = ["--http", f"127.0.0.1:{free_port()}", "--dicom", f"127.0.0.1:{free_port()}"]
    second = _up(hub.data, *ports)
    assert second.returncode == 1
    assert f"already running on {hub.data} (process {hub.process.pid})" in second.stderr
    hub.command("site", "add", "baihe", "--ae", "CLINIC2")
    hub.stop()
    assert hub.process.returncode == 0
    assert [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    hub.start()
    assert "CLINIC2" in hub.command("site", "list")


def _up(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "readhub", "up", "--data", str(data), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
