"""DICOM peers for tests: the hub's receiver in this or its own process, Orthanc, DCMTK, raw sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association

from dicom.own_turn import keep_answers
from dicom.part10 import dataset_offset
from dicom.scp import serving
from hub.settings import Settings
from hub.store import Store, open_store, sites
from hub.store.sites import ReturnNode
from tests.plugins.store import lay_schema

ROOT = Path(__file__).resolve().parents[2]
CT = "1.2.840.10008.5.1.4.1.1.2"
ROOT_UID = "1.2.826.0.1.3680043.8.498.77"

ORTHANC_WEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def slice_of(number: int, **said: object) -> Dataset:
    """An invented CT slice of noise; `said` sets any element by its keyword."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CT, f"{ROOT_UID}.3.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT_UID}.1", f"{ROOT_UID}.2"
    dataset.PatientID, dataset.PatientName, dataset.Modality = "INVENTED-1", "Invented^Person", "CT"
    dataset.InstanceNumber, dataset.Rows, dataset.Columns = number, 64, 64
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = np.random.default_rng(number).integers(0, 4096, 64 * 64, np.uint16).tobytes()
    for keyword, value in said.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def written(dataset: Dataset, path: Path) -> Path:
    """Save `dataset` as a Part 10 file whose meta agrees with it."""
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def content_of(path: Path) -> bytes:
    """The data set's bytes of a Part 10 file."""
    return path.read_bytes()[dataset_offset(path) :]


@pytest.fixture
def slices(tmp_path: Path) -> Callable[..., list[Path]]:
    """Give `slices(3)`: files of that many invented CT slices of one study."""

    def write(count: int, **said: object) -> list[Path]:
        folder = tmp_path / f"slices-{len(list(tmp_path.iterdir()))}"
        return [written(slice_of(n, **said), folder / f"{n:04}.dcm") for n in range(1, count + 1)]

    return write


@pytest.fixture
def townships(settings: Settings) -> Iterator[Store]:
    """A hub that knows two sites: east calls as CLINIC1, west as CLINIC2."""
    lay_schema(settings)
    opened = open_store(settings)
    with opened.writing() as session:
        sites.add_site(session, "east", "CLINIC1")
        sites.add_site(session, "west", "CLINIC2")
    yield opened
    opened.close()


@pytest.fixture
def hub(townships: Store) -> Iterator[Store]:
    """That hub, receiving in this process at the address of its settings."""
    with serving(townships):
        yield townships


@pytest.fixture
def dcmtk(program: Callable[[str], str]) -> Run:
    """Give `dcmtk("storescu", settings, "-R", *files)`: run it against the hub, or a node, as CLINIC1."""

    def run(
        name: str, to: Settings | ReturnNode, *arguments: object, calling: str = "CLINIC1", called: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        host, port = to.dicom_address if isinstance(to, Settings) else (to.host, to.port)
        command = [program(name), "-v", "-aet", calling, "-aec", called or to.ae_title]
        options = [word for a in arguments if str(a)[0] in "-+" for word in _words(str(a))]
        files = [str(a) for a in arguments if str(a)[0] not in "-+"]
        return subprocess.run(
            [*command, *options, host, str(port), *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=300, env={**os.environ, "TCP_NODELAY": "1"},
        )  # fmt: skip

    return run


def _words(option: str) -> list[str]:
    """The value of a query key may hold spaces."""
    return option.split(" ", 1 if option.startswith("-k ") else -1)


class ScpProcess:
    """`readhub scp` as a process of its own, for tests that kill it."""

    def __init__(self, store: Store, log: Path) -> None:
        self.store, self.settings, self.log = store, store.settings, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start it, wait until it listens, return its pid."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "readhub", "scp", "--data", str(self.settings.data_dir),
                 "--dicom", self.settings.dicom],
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=self.log.parent,
            )  # fmt: skip
        wait_for(lambda: listens(self.settings.dicom_address), "the receiver", 60)
        return self.process.pid

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> float:
        """SIGTERM; return how long it took to end."""
        began = time.monotonic()
        self._end(signal.SIGTERM)
        return time.monotonic() - began

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)


@pytest.fixture
def receiver(townships: Store, tmp_path: Path) -> Iterator[ScpProcess]:
    """The hub of `townships` receiving in a process of its own, started by the test."""
    process = ScpProcess(townships, tmp_path / "scp.log")
    yield process
    process.kill()


@contextmanager
def background(command: list[str], port: int, **more: object) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a foreign server while the context is open, once it listens on `port`."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)  # type: ignore[call-overload]
    try:
        wait_for(lambda: listens(("127.0.0.1", port)), command[0], 60)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Orthanc:
    """A running Orthanc: its node, and how many instances it holds."""

    def __init__(self, node: ReturnNode, http_port: int) -> None:
        self.node, self._http = node, http_port

    def instances(self) -> int:
        with urlopen(f"http://127.0.0.1:{self._http}/statistics", timeout=10) as answer:
            return int(json.load(answer)["CountInstances"])

    def knows(self, hub: Settings) -> None:
        """Tell it of the hub, by the name "hub"."""
        host, port = hub.dicom_address
        self.ask("PUT", "/modalities/hub", {"AET": hub.ae_title, "Host": host, "Port": port})

    def ask(self, method: str, path: str, said: object = None) -> Any:
        """Call its own interface and return the JSON that it answers."""
        body = None if said is None else json.dumps(said).encode()
        request = Request(f"http://127.0.0.1:{self._http}{path}", body, method=method)
        with urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content[:1] in (b"{", b"[") else content


@pytest.fixture
def orthanc(program: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path) -> Iterator[Orthanc]:
    """An Orthanc with a temporary folder, which takes and answers anybody's associations.

    With its plugin, Debian's orthanc-dicomweb, it is a DICOMweb client too.
    """
    folder, dicom_port, http_port = tmp_path / "orthanc", free_port(), free_port()
    folder.mkdir()
    configuration = {
        "StorageDirectory": str(folder), "IndexDirectory": str(folder), "DicomAet": "ORTHANC",
        "DicomPort": dicom_port, "HttpPort": http_port, "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False, "DicomAlwaysAllowFind": True, "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowEcho": True, "DicomCheckCalledAet": True, "Plugins": [ORTHANC_WEB],
        "DefaultEncoding": "Utf8",
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with background([program("Orthanc"), str(folder / "orthanc.json")], dicom_port):
        yield Orthanc(ReturnNode("ORTHANC", "127.0.0.1", dicom_port), http_port)


@pytest.fixture
def storescp(
    program: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path
) -> Callable[..., Iterator[tuple[ReturnNode, Path]]]:
    """Give `with storescp("+xa") as (node, folder)`: DCMTK's receiver, which offers no query."""

    @contextmanager
    def start(*options: str) -> Iterator[tuple[ReturnNode, Path]]:
        port, folder = free_port(), tmp_path / f"storescp-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        with background([program("storescp"), *options, "-od", str(folder), str(port)], port):
            yield ReturnNode("ANY-SCP", "127.0.0.1", port), folder

    return start


def listens(address: tuple[str, int]) -> bool:
    """Tell whether somebody accepts connections at `address`."""
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


def wait_for(happened: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Wait until `happened()`; fail after `seconds`."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


class Asker(AE):
    """pynetdicom as a peer that asks: without its own thread taking the answers away (`dicom.own_turn`)."""

    def associate(self, *where: Any, **how: Any) -> Association:
        """Ask for an association; see pynetdicom."""
        association = super().associate(*where, **how)
        keep_answers(association)
        return association
