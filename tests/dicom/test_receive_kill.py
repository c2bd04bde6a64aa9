"""The receiver killed while it receives: everything acknowledged is there, unchanged, and once."""

import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from dicom.part10 import content_digest
from hub.store import Store
from hub.store.tables import Instance, KeptAside, Study
from tests.plugins.peers import Run, ScpProcess, content_of, slice_of, wait_for, written

SENT = 60


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """Slices of the size of real ones, so that a kill falls anywhere."""
    pixels = os.urandom(512 * 512 * 2)
    return [
        written(
            slice_of(n, Rows=512, Columns=512, PixelData=n.to_bytes(2, "big") + pixels[2:]),
            tmp_path / "study" / f"{n:03}.dcm",
        )
        for n in range(1, SENT + 1)
    ]


def instances(store: Store) -> dict[str, Instance]:
    with store.reading() as session:
        return {row.sop_instance_uid: row for row in session.scalars(select(Instance))}


def acknowledged(said: str) -> int:
    return len(re.findall(r"Received Store Response \(Success\)", said))


class Sending:
    """A storescu that is sending, and what it says."""

    def __init__(self, command: list[str], said: Path) -> None:
        self._said = said
        with said.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def acknowledged(self) -> int:
        return acknowledged(self._said.read_text())

    def wait_for(self, answers: int) -> None:
        wait_for(lambda: self.acknowledged() >= answers, "the first answers", 60)


@pytest.fixture
def sending(
    program: Callable[[str], str], receiver: ScpProcess, study: list[Path], tmp_path: Path
) -> Iterator:
    """Give `sending()`: begin to send the study to the receiver."""
    started: list[Sending] = []

    def start() -> Sending:
        host, port = receiver.settings.dicom_address
        command = [
            program("storescu"),
            "-v",
            "-R",
            "-nh",
            "-aet",
            "CLINIC1",
            "-aec",
            "READHUB",
            host,
            str(port),
        ]
        started.append(Sending([*command, *map(str, study)], tmp_path / "storescu.log"))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize("after", [1, 30])
def test_nothing_acknowledged_is_lost_altered_or_doubled_by_kill_9(
    receiver: ScpProcess, sending: Callable[[], Sending], study: list[Path], after: int, dcmtk: Run
) -> None:
    receiver.start()
    sender = sending()
    sender.wait_for(after)
    receiver.kill()
    sender.process.wait(60)
    told = sender.acknowledged()

    receiver.start()
    store = receiver.store
    sent = {str(slice_of(n).SOPInstanceUID): path for n, path in enumerate(study, 1)}
    held = instances(store)
    assert after <= told < SENT
    assert set(list(sent)[:told]) <= set(held), "an acknowledged instance is gone"
    for uid, row in held.items():
        path = store.vault.path(row.file_key)
        assert content_of(path) == content_of(sent[uid])
        assert content_digest(path) == row.digest
    assert not list((store.settings.data_dir / "incoming").iterdir())

    assert acknowledged(dcmtk("storescu", store.settings, "-R", *study).stdout) == SENT
    with store.reading() as session:
        (case,) = session.scalars(select(Study))
        assert (case.instances, list(session.scalars(select(KeptAside)))) == (SENT, [])
    assert len(instances(store)) == len(list(store.vault.keys())) == SENT


def test_a_file_that_a_kill_left_without_its_row_is_taken_in_at_the_next_start(
    receiver: ScpProcess, sending: Callable[[], Sending], study: list[Path], dcmtk: Run
) -> None:
    """The crash point between the file's last fsync and the commit of its row, hit by a locked database."""
    receiver.start()
    lock = sqlite3.connect(receiver.store.settings.data_dir / "hub.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    sending()
    wait_for(lambda: len(list(receiver.store.vault.keys())) == 1, "the file to be durable", 30)
    receiver.kill()
    lock.rollback()
    lock.close()
    assert instances(receiver.store) == {}

    receiver.start()
    assert len(instances(receiver.store)) == 1
    assert "(Success)" in dcmtk("storescu", receiver.store.settings, study[0]).stdout
    assert len(instances(receiver.store)) == len(list(receiver.store.vault.keys())) == 1


def test_half_a_file_that_a_kill_left_is_swept_at_the_next_start(receiver: ScpProcess) -> None:
    half = receiver.store.settings.data_dir / "incoming" / ("0" * 32)
    half.write_bytes(b"half an instance")
    receiver.start()
    assert not half.exists()


def test_sigterm_ends_it_at_once_also_with_associations_open(
    receiver: ScpProcess, sending: Callable[[], Sending]
) -> None:
    receiver.start()
    sending().wait_for(2)
    assert receiver.stop() < 8
    assert receiver.process is not None and receiver.process.returncode == 0


def test_its_log_names_no_patient(receiver: ScpProcess, dcmtk: Run, tmp_path: Path) -> None:
    secret = written(
        slice_of(1, PatientName="SECRETNAME^张三", PatientID="SECRETID", SpecificCharacterSet="ISO_IR 192"),
        tmp_path / "secret.dcm",
    )
    broken = written(slice_of(2, PatientName="SECRETNAME", StudyInstanceUID=""), tmp_path / "broken.dcm")
    receiver.start()
    dcmtk("storescu", receiver.store.settings, "-nh", secret, broken)
    dcmtk("storescu", receiver.store.settings, secret, calling="CLINIC2")
    receiver.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
    receiver.process.wait(20)  # type: ignore[union-attr]
    said = receiver.log.read_text()
    assert "serving" in said and "stopped" in said
    assert "SECRET" not in said and "张三" not in said
