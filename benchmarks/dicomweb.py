"""What a viewer waits for, beside Debian's Orthanc: a DR's first picture for the screen, and its whole file.

Run: `python benchmarks/dicomweb.py [N]` (default 11). Starts both servers with the same DR in a folder
of their own, asks them in turn over plain HTTP, and prints medians and ratios, beside the floor: the same
bytes from a bare socket that does nothing but sendfile(2). Needs Debian's orthanc; where orthanc-dicomweb is
there too, the whole file is also asked for by WADO-RS (PS3.18 10.4) of both, and once by Orthanc's own way.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from sqlalchemy import select

from dicom.admission import Caller
from dicom.keep import Keeper, Message
from dicom.write.frame import data_set_bytes
from hub.domain.uid import new_uid
from hub.settings import Settings, read_settings
from hub.store import open_store, schema, sites, users
from hub.store.moves import move_study
from hub.store.tables import Study
from hub.supervisor.probe import listens
from tests.conftest import find_program
from tests.plugins.running_hub import free_port

PASSWORD = "a benchmark password"
#: A flat panel of 43 cm at 0.14 mm, 14 bits stored in 16: 15 MB.
ROWS, COLUMNS = 3052, 2500
SCREEN = (1280, 1024)
#: Each process of a server imports and checks something the first time; the hub's pictures are drawn once.
WARM_UPS = 6

#: As a viewer asks for an instance: PS3.18 10.4.
WADO, AS_KEPT = "whole file by WADO-RS", 'multipart/related; type="application/dicom"'
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")

Ask = Callable[[], bytes]


def main(times: int) -> None:
    """Print the medians of both, interleaved, and the ratios."""
    with tempfile.TemporaryDirectory(prefix="readhub-dicomweb-") as folder:
        film = _film()
        with (
            _hub(Path(folder), film) as ours,
            _orthanc(Path(folder), film) as theirs,
            _bare(Path(folder, "orthanc", "film.dcm")) as bare,
        ):
            _print("first picture", *_interleaved((ours, theirs), "first picture", times))
            _print("whole file", *_interleaved((ours, theirs, bare), "whole file", times))
            if WADO in theirs.asks:
                _print(WADO, *_interleaved((ours, theirs), WADO, times))


@dataclass
class Served:
    """A running server: what it is asked, and what that cost it."""

    pid: int
    asks: dict[str, Ask]
    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    size: int = 0


def _interleaved(servers: tuple[Served, ...], what: str, times: int) -> tuple[Served, ...]:
    for one in servers:
        one.seconds, one.cpu = [], 0.0
        one.size = [len(one.asks[what]()) for _ in range(WARM_UPS)][-1]
    for _ in range(times):
        for one in servers:
            cpu, began = _cpu_seconds(one.pid), time.perf_counter()
            one.asks[what]()
            one.seconds.append(time.perf_counter() - began)
            one.cpu += (_cpu_seconds(one.pid) - cpu) / times
    return servers


def _print(what: str, ours: Served, theirs: Served, bare: Served | None = None) -> None:
    mine, other = (statistics.median(one.seconds) * 1000 for one in (ours, theirs))
    print(
        f"{what}: hub {mine:.1f} ms ({ours.cpu * 1000:.0f} ms of CPU, {ours.size} bytes), "
        f"Orthanc {other:.1f} ms ({theirs.cpu * 1000:.0f} ms of CPU, {theirs.size} bytes), "
        f"ratio {mine / other:.2f}, of CPU {ours.cpu / max(theirs.cpu, 1e-9):.2f} (n {len(ours.seconds)})"
    )
    if bare is not None:
        floor = statistics.median(bare.seconds) * 1000
        print(f"{what}: a bare sendfile {floor:.1f} ms, {floor / other:.2f} of Orthanc, is the floor")


def _cpu_seconds(pid: int) -> float:
    """Return what a process and its children have spent so far (proc(5))."""
    ticks, family = 0, {pid}
    for path in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(path.parent.name) in family or int(fields[1]) in family:
            family.add(int(path.parent.name))
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _film() -> Dataset:
    """An invented chest-like film: two dark fields in a bright ground, with a detector's noise."""
    y, x = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j]
    lungs = sum(np.exp(-(((x - side) / 0.3) ** 2) - (y / 0.6) ** 2) for side in (-0.45, 0.45))
    noise = np.random.default_rng(1).normal(0, 60, (ROWS, COLUMNS))
    film = Dataset()
    film.SOPClassUID, film.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", new_uid()
    film.StudyInstanceUID, film.SeriesInstanceUID = new_uid(), new_uid()
    film.PatientID, film.PatientName, film.Modality = "INVENTED", "Invented^Person", "DX"
    film.Rows, film.Columns, film.SamplesPerPixel = ROWS, COLUMNS, 1
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 14, 13, 0
    film.PhotometricInterpretation, film.WindowCenter, film.WindowWidth = "MONOCHROME2", 7000, 9000
    film.PixelData = np.clip(11000 - 7000 * lungs + noise, 0, 16383).astype("<u2").tobytes()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return film


@contextmanager
def _hub(folder: Path, film: Dataset) -> Iterator[Served]:
    settings = read_settings(data_dir=folder / "hub", http=f"127.0.0.1:{free_port()}")
    _fill(settings, film)
    command = [
        sys.executable,
        "-m",
        "readhub",
        "web",
        "--data",
        str(settings.data_dir),
        "--http",
        settings.http,
    ]
    with _running(command, settings.http_address) as pid:
        connection = http.client.HTTPConnection(*settings.http_address)
        cookie = _log_in(connection)
        where = _wado(film)

        def ask(path: str, kind: str) -> Ask:
            return lambda: _got(settings.http_address, path, {"Cookie": cookie, "Accept": kind})

        asks = {
            "first picture": ask(f"{where}/rendered?viewport={SCREEN[0]},{SCREEN[1]}", "image/jpeg"),
            "whole file": ask(where, "application/dicom"),
            WADO: ask(where, AS_KEPT),
        }
        yield Served(pid, asks)


def _wado(film: Dataset) -> str:
    series = f"/dicom-web/studies/{film.StudyInstanceUID}/series/{film.SeriesInstanceUID}"
    return f"{series}/instances/{film.SOPInstanceUID}"


def _fill(settings: Settings, film: Dataset) -> None:
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "CLINIC1")
        users.add_user(session, "reader", "reader", PASSWORD)
    names = (str(film.SOPClassUID), str(film.SOPInstanceUID), str(film.file_meta.TransferSyntaxUID))
    message = Message(*names)
    caller = Caller("east", "CLINIC1", "READHUB", "127.0.0.1")
    Keeper(store).take(message, data_set_bytes(film), caller)
    with store.writing() as session:
        move_study(session, session.scalars(select(Study)).one(), "arrival-settled")
    store.close()


def _log_in(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/login")
    answer = connection.getresponse()
    visit, page = str(answer.getheader("Set-Cookie")).partition(";")[0], answer.read().decode()
    token = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    form = urlencode({"username": "reader", "password": PASSWORD, "csrf_token": token[1]})
    head = {"Cookie": visit, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", form, head)
    answer = connection.getresponse()
    answer.read()
    cookies = answer.headers.get_all("Set-Cookie") or []
    return next(one.partition(";")[0] for one in cookies if one.startswith("readhub_session="))


@contextmanager
def _orthanc(folder: Path, film: Dataset) -> Iterator[Served]:
    data, port = folder / "orthanc", free_port()
    data.mkdir()
    said = {
        "StorageDirectory": str(data), "IndexDirectory": str(data), "HttpPort": port,
        "DicomPort": free_port(),
        "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)] if PLUGIN.is_file() else [],
    }  # fmt: skip
    (data / "orthanc.json").write_text(json.dumps(said))
    with _running([find_program("Orthanc"), str(data / "orthanc.json")], ("127.0.0.1", port)) as pid:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        film.save_as(data / "film.dcm", enforce_file_format=True)
        connection.request("POST", "/instances", (data / "film.dcm").read_bytes())
        held = json.loads(connection.getresponse().read())["ID"]
        assert dcmread(data / "film.dcm", stop_before_pixels=True).Rows == ROWS

        def ask(path: str, **head: str) -> Ask:
            return lambda: _got(("127.0.0.1", port), path, head)

        side = f"?width={SCREEN[0]}&height={SCREEN[1]}"
        asks = {
            "first picture": ask(f"/instances/{held}/rendered{side}", Accept="image/jpeg"),
            "whole file": ask(f"/instances/{held}/file"),
        }
        if PLUGIN.is_file():
            asks[WADO] = ask(_wado(film), Accept=AS_KEPT)
        yield Served(pid, asks)


#: Answers each connection with one file, and nothing else.
BARE = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
while True:
    connection, _ = listener.accept()
    with connection, open(sys.argv[1], "rb") as file:
        if not connection.recv(65536):
            continue
        size = file.seek(0, 2)
        file.seek(0)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % size)
        connection.sendfile(file)
"""


@contextmanager
def _bare(file: Path) -> Iterator[Served]:
    port = free_port()
    with _running([sys.executable, "-c", BARE, str(file), str(port)], ("127.0.0.1", port)) as pid:
        yield Served(pid, {"whole file": lambda: _got(("127.0.0.1", port), "/", {})})


def _got(address: tuple[str, int], path: str, head: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection(*address)
    connection.request("GET", path, headers=head)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {content[:200]!r}")
    return content


@contextmanager
def _running(command: list[str], address: tuple[str, int]) -> Iterator[int]:
    process = subprocess.Popen(
        command, cwd=Path(__file__).resolve().parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 120
        while not listens(address):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{command[0]} did not start")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
