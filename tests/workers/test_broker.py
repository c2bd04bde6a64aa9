"""The embedded broker: private, on no network port, and its queue survives kill -9."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis
from kombu import Connection

from hub.settings import Settings, read_settings
from workers import broker

Start = Callable[[Settings], "subprocess.Popen[bytes]"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a hub that was never started."""
    return read_settings(data_dir=tmp_path / "hub")


@pytest.fixture
def start() -> Iterator[Start]:
    """Start brokers that are ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(settings: Settings) -> "subprocess.Popen[bytes]":
        started.append(subprocess.Popen(broker.broker_command(settings), stdout=subprocess.DEVNULL))
        until = time.monotonic() + 10
        while not broker.answers(settings):
            assert time.monotonic() < until, "the broker does not answer"
            time.sleep(0.02)
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_what_was_queued_before_kill_9_is_there_after_the_restart(settings: Settings, start: Start) -> None:
    first = start(settings)
    with Connection(broker.broker_url(settings)) as connection, connection.SimpleQueue("read") as queue:
        for number in range(50):
            queue.put(number)
    first.kill()
    first.wait()
    assert not broker.answers(settings)
    start(settings)
    with Connection(broker.broker_url(settings)) as connection, connection.SimpleQueue("read") as queue:
        assert [queue.get(timeout=5).payload for _ in range(50)] == list(range(50))


def test_it_listens_on_no_network_port_and_its_socket_is_private(settings: Settings, start: Start) -> None:
    process = start(settings)
    listening = [c for c in psutil.Process(process.pid).net_connections("inet") if c.status == "LISTEN"]
    assert listening == []
    socket = broker.socket_path(settings)
    assert socket.stat().st_mode & 0o777 == 0o600
    assert socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_data_folder_with_a_long_path_still_gets_its_broker(tmp_path: Path, start: Start) -> None:
    deep = tmp_path / ("county-hospital-" * 6) / "hub"
    settings = read_settings(data_dir=deep)
    start(settings)
    socket = broker.socket_path(settings)
    assert len(str(deep)) > 100 > len(str(socket))
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    assert redis.Redis(unix_socket_path=str(socket)).config_get("dir")["dir"] == str(deep / "broker")


def test_a_broker_that_is_named_by_url_is_used_instead() -> None:
    settings = read_settings(broker_url="amqp://hub:secret@queue.example//")
    assert not broker.is_embedded(settings)
    assert broker.broker_url(settings) == "amqp://hub:secret@queue.example//"
    assert "secret@" not in repr(settings)
