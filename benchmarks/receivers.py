"""The receivers that `ingest.py` compares, each started over a folder of its own and stopped again."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import func, select

from dicom.echo import answers_echo
from hub.settings import Settings, read_settings
from hub.store import open_store, schema, sites
from hub.store.tables import Instance
from tests.plugins.running_hub import free_port

ROOT = Path(__file__).resolve().parents[1]
CALLING = "CLINIC1"
START_SECONDS = 60.0
#: Kept as Debian ships it but for the places and ports, so that several can run beside a real one.
DEBIAN_ORTHANC = Path("/etc/orthanc/orthanc.json")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running receiver: its title and port, its process, and how many instances it holds."""

    title: str
    port: int
    pid: int
    count: Callable[[], int]

    def cpu_seconds(self) -> float:
        """Return what it and its children have used since they started."""
        return sum(_cpu(pid) for pid in family(self.pid))

    def peak_rss(self) -> int:
        """Return the sum of the peak resident sizes, in bytes, of it and its children."""
        return sum(_peak(pid) for pid in family(self.pid))

    def forget_peak(self) -> None:
        """Let the next `peak_rss` speak of what comes after this moment only."""
        for pid in family(self.pid):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


@contextmanager
def hub(folder: Path, prepared: Callable[[Settings], None] = lambda _settings: None) -> Iterator[Server]:
    """Run `readhub scp` over `folder`; `prepared` may fill the store before it starts."""
    port = free_port()
    settings = read_settings(data_dir=folder / "hub", dicom=f"127.0.0.1:{port}")
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "clinic", CALLING)
    store.close()
    prepared(settings)
    store = open_store(settings)
    command = [sys.executable, "-P", "-m", "readhub", "scp", "--data", str(settings.data_dir)]

    def count() -> int:
        with store.reading() as session:
            return session.scalar(select(func.count()).select_from(Instance)) or 0

    before = count()
    with _running([*command, "--dicom", settings.dicom], lambda: answers_echo(settings)) as pid:
        yield Server("READHUB", port, pid, lambda: count() - before)
    store.close()


@contextmanager
def storescp(folder: Path, tuned: bool = True) -> Iterator[Server]:
    """Run DCMTK's storescp writing the bytes as they come, without index and without fsync."""
    port = free_port()
    command = [program("storescp"), "+B", "-od", str(folder), str(port)]
    with _running(command, lambda: _listens(port), tuned) as pid:
        yield Server("STORESCP", port, pid, lambda: sum(1 for _ in folder.iterdir()))


@contextmanager
def orthanc(folder: Path) -> Iterator[Server]:
    """Run Debian's Orthanc with its shipped configuration."""
    port, pages = free_port(), free_port()
    path = folder / "orthanc.json"
    own = {
        "StorageDirectory": str(folder), "IndexDirectory": str(folder),
        "DicomPort": port, "HttpPort": pages, "AuthenticationEnabled": False,
    }  # fmt: skip
    path.write_text(json.dumps(_debian_configuration() | own))

    def count() -> int:
        with urlopen(f"http://127.0.0.1:{pages}/statistics", timeout=30) as answer:
            return int(json.load(answer)["CountInstances"])

    with _running([program("Orthanc"), str(path)], lambda: _listens(port) and _listens(pages)) as pid:
        yield Server("ORTHANC", port, pid, count)


@contextmanager
def pynetdicom(folder: Path) -> Iterator[Server]:
    """Run pynetdicom's own storescp application."""
    port = free_port()
    command = [sys.executable, "-m", "pynetdicom", "storescp", str(port), "-od", str(folder)]
    with _running(command, lambda: _listens(port)) as pid:
        yield Server("STORESCP", port, pid, lambda: sum(1 for _ in folder.iterdir()))


RECEIVERS: Mapping[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "hub": hub, "storescp": storescp, "orthanc": orthanc, "pynetdicom": pynetdicom,
    "storescp as installed": partial(storescp, tuned=False),
}  # fmt: skip


def send(server: Server, paths: Sequence[Path], associations: int = 1, tuned: bool = True) -> float:
    """Send `paths` by that many storescu at once and return the seconds until the last one ended."""
    largest = ["--max-send-pdu", "131072"] if tuned else []
    titles = ["-aet", CALLING, "-aec", server.title]
    command = [program("storescu"), "-R", *largest, *titles, "127.0.0.1", str(server.port)]
    began = time.perf_counter()
    senders = [
        subprocess.Popen([*command, *map(str, paths[part::associations])], env=_environment(tuned))
        for part in range(associations)
    ]
    for sender in senders:
        if sender.wait() != 0:
            raise SystemExit(f"storescu failed against {server.title}")
    return time.perf_counter() - began


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children = [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in _words(path)]
    return [pid, *(one for child in children for one in family(child))]


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@contextmanager
def _running(command: list[str], ready: Callable[[], bool], tuned: bool = True) -> Iterator[int]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
        env=_environment(tuned),
    )  # fmt: skip
    try:
        until = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{command[0]} does not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _debian_configuration() -> dict[str, object]:
    """Read the shipped file, whose comments JSON does not know; the defaults where it is not there."""
    if not DEBIAN_ORTHANC.is_file():
        return {}
    text = re.sub(r"/\*.*?\*/", "", DEBIAN_ORTHANC.read_text("utf-8"), flags=re.DOTALL)
    lines = (re.sub(r"(^|[\s,\[{])//.*$", r"\1", line) for line in text.splitlines())
    text = re.sub(r",(\s*[}\]])", r"\1", "\n".join(lines))
    return dict(json.loads(text))


def _environment(tuned: bool) -> dict[str, str]:
    """DCMTK writes a PDU in two pieces, sender and receiver alike: Nagle parts them by 40 ms unless told."""
    return {**os.environ, "TCP_NODELAY": "1"} if tuned else {**os.environ}


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def program(name: str) -> str:
    """Return the Debian program, never one that pip put first on PATH."""
    own = str(Path(sys.prefix, "bin"))
    places = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if place != own]
    found = shutil.which(name, path=os.pathsep.join([*places, "/usr/sbin"]))
    if found is None:
        raise SystemExit(f"{name} is not installed")
    return found
