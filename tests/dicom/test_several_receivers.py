"""Several receiving processes at one address: they share the work, and a dying one takes nothing along."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dicom.scp import serving
from dicom.shared_studies import SharedStudies, is_brought
from dicom.verify import verify
from hub.store import Store
from hub.store.tables import Errand, Instance
from tests.plugins.peers import ROOT, Run, ScpProcess, slice_of, wait_for, written


@pytest.fixture
def receivers(
    townships: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ScpProcess, ScpProcess]]:
    monkeypatch.setenv("READHUB_RECEIVER_PROCESSES", "2")
    both = ScpProcess(townships, tmp_path / "one.log"), ScpProcess(townships, tmp_path / "two.log")
    for one in both:
        one.start()
    yield both
    for one in both:
        one.kill()


def serves(process: ScpProcess) -> bool:
    return "serving" in process.log.read_text()


def study_of(sender: int, folder: Path) -> list[Path]:
    root = f"1.2.826.0.1.3680043.8.498.{sender}"
    return [
        written(
            slice_of(n, SOPInstanceUID=f"{root}.{n}", StudyInstanceUID=root, PatientID=f"S{sender}"),
            folder / f"{sender}" / f"{n}.dcm",
        )
        for n in range(1, 9)
    ]


def test_both_receive_and_one_that_is_killed_is_missed_by_nobody(
    receivers: tuple[ScpProcess, ScpProcess], dcmtk: Run, tmp_path: Path
) -> None:
    wait_for(lambda: all(serves(one) for one in receivers), "both receivers", 60)
    first, second = receivers
    store = first.store
    said: dict[int, str] = {}

    def send(sender: int) -> None:
        said[sender] = dcmtk("storescu", store.settings, "-R", *study_of(sender, tmp_path)).stdout

    senders = [threading.Thread(target=send, args=(number,)) for number in range(1, 9)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert {text.count("(Success)") for text in said.values()} == {8}
    assert first.process is not None
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(30)
    for number in range(11, 15):
        send(number)
    first.start()
    assert {said[number].count("(Success)") for number in range(11, 15)} == {8}
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Instance)) == 12 * 8
    assert verify(store).is_consistent


HOLD = """
import sys
from pathlib import Path
from dicom.shared_studies import SharedStudies
shared = SharedStudies(Path(sys.argv[1]))
shared.hold("east", sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def elsewhere(townships: Store) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Give `elsewhere(uid)`: another process that brings a study."""
    started: list[subprocess.Popen[str]] = []

    def hold(uid: str) -> "subprocess.Popen[str]":
        path = townships.bells.parent / "receiving"
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), uid], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()


def test_a_study_that_another_process_still_brings_is_not_released(
    townships: Store, elsewhere: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    shared = SharedStudies(townships.bells.parent / "receiving")
    other = elsewhere("1.2.3")
    assert shared.hold("east", "1.2.3")
    assert shared.hold("east", "1.2.4")
    assert not shared.release("east", "1.2.3")
    assert shared.release("east", "1.2.4")
    other.kill()
    other.wait()
    assert shared.hold("east", "1.2.3")
    assert shared.release("east", "1.2.3")


def test_studies_that_share_a_place_by_chance_wait_for_each_other(
    townships: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom.shared_studies.PLACES", 1)
    place = townships.bells.parent / "receiving"
    shared = SharedStudies(place)
    assert shared.hold("east", "1.2.3")
    assert shared.hold("west", "1.2.4")
    assert not shared.release("west", "1.2.4")
    assert is_brought(place, "east", "1.2.3")
    assert shared.release("east", "1.2.3")
    assert not is_brought(place, "east", "1.2.3")


def test_a_study_still_coming_to_another_process_does_not_settle(
    townships: Store, elsewhere: Callable[[str], "subprocess.Popen[str]"], dcmtk: Run,
    slices: Callable[..., list[Path]],
) -> None:  # fmt: skip
    uid = str(slice_of(1).StudyInstanceUID)
    with serving(townships):
        other = elsewhere(uid)
        assert "(Success)" in dcmtk("storescu", townships.settings, *slices(2)).stdout
        with townships.reading() as session:
            (first,) = session.scalars(select(Errand).where(Errand.kind == "settle"))
        other.kill()
        other.wait()
        assert "(Success)" in dcmtk("storescu", townships.settings, *slices(3)).stdout

        def due_earlier() -> bool:
            with townships.reading() as session:
                (now,) = session.scalars(select(Errand).where(Errand.kind == "settle"))
                return bool(now.due_at < first.due_at)

        wait_for(due_earlier, "the study to settle")
