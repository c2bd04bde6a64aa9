"""Killing the receiver at one system call, and looking at what a restart makes of it."""

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pydicom
from sqlalchemy import select

from dicom.part10 import content_digest
from hub.store import Store
from hub.store.tables import Instance, KeptAside, Study
from tests.plugins.peers import ScpProcess, content_of, wait_for

#: What a system call's file says of the step it belongs to.
STEPS = (
    (r"/incoming/", "the draft"), (r"/files/", "the file"), (r"hub\.sqlite3-wal", "the row"),
    (r"hub\.sqlite3", "the index"), (r"bells", "the bell"), (r"TCP|socket:", "the answer"),
)  # fmt: skip


class CrashPoint(NamedTuple):
    """The `nth` time that the thread of an association is about to make this system call."""

    call: str
    nth: int


class Outcome(NamedTuple):
    """What was seen: where it fell, and how many instances were told as kept, lost, doubled, half visible."""

    point: CrashPoint
    where: str
    told: int
    lost: int
    doubled: int
    half_visible: int

    @property
    def is_hit(self) -> bool:
        return self.where != "not reached"


#: Every write, sync, rename and answer of the first two instances of an association.
POINTS = [
    *(CrashPoint("openat", nth) for nth in range(1, 5)),
    *(CrashPoint("pwrite64", nth) for nth in range(1, 15)),
    *(CrashPoint("fsync", nth) for nth in range(1, 6)),
    *(CrashPoint("rename", nth) for nth in range(1, 4)),
    *(CrashPoint("sendto", nth) for nth in range(1, 6)),
    *(CrashPoint("close", nth) for nth in range(1, 4)),
]


def crash(receiver: ScpProcess, point: CrashPoint, paths: Sequence[Path], programs: "Programs") -> Outcome:
    """Send `paths` to a receiver that is killed at `point`, start it again, and compare; then send again."""
    pid = receiver.start()
    calls = receiver.log.with_name(f"calls-{point.call}-{point.nth}")
    inject = f"inject={point.call}:signal=KILL:when={point.nth}"
    command = [programs.strace, "-f", "-y", "-s", "60", "-e", f"trace={point.call}", "-e", inject]
    tracer = subprocess.Popen(
        [*command, "-o", str(calls), "-p", str(pid)], stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert tracer.stderr is not None and "attached" in tracer.stderr.readline()
    told = _send(receiver, paths, programs)
    receiver.kill()
    tracer.wait(30)
    hit = "SIGKILL" in (said := calls.read_text(errors="replace")) and told < len(paths)
    receiver.start()
    first = _compare(receiver.store, paths, told)
    again = _send(receiver, paths, programs)
    wait_for(lambda: receiver.process is not None, "the receiver")
    last = _compare(receiver.store, paths, again)
    receiver.kill()
    assert again == len(paths), "a re-send was refused"
    return Outcome(
        point, _where(said, point.call) if hit else "not reached", told,
        *(one + other for one, other in zip(first, last, strict=True)),
    )  # fmt: skip


class Programs(NamedTuple):
    """Where the foreign programs are."""

    storescu: str
    strace: str


def _send(receiver: ScpProcess, paths: Sequence[Path], programs: Programs) -> int:
    """Send with DCMTK and return how many success answers it saw."""
    host, port = receiver.settings.dicom_address
    titles = ["-aet", "CLINIC1", "-aec", receiver.settings.ae_title]
    said = subprocess.run(
        [programs.storescu, "-v", "-R", *titles, host, str(port), *map(str, paths)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    ).stdout  # fmt: skip
    return len(re.findall(r"Received Store Response \(Success\)", said))


def _compare(store: Store, paths: Sequence[Path], told: int) -> tuple[int, int, int]:
    """Return how many acknowledged instances are lost or altered, doubled, and half visible."""
    with store.reading() as session:
        held = list(session.scalars(select(Instance)))
        aside = list(session.scalars(select(KeptAside)))
        studies = list(session.scalars(select(Study)))
    whole = {row.sop_instance_uid: row for row in held if _is_whole(store, row)}
    lost = sum(not _holds(store, whole, path) for path in paths[:told])
    counted = Counter(row.study_id for row in held)
    half = sum(study.instances != counted[study.id] for study in studies) + len(held) - len(whole)
    half += len(list((store.settings.data_dir / "incoming").iterdir()))
    return lost, len(aside) + len(list(store.vault.keys())) - len(held), half


def _holds(store: Store, whole: dict[str, Instance], path: Path) -> bool:
    row = whole.get(str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID))
    return row is not None and content_of(store.vault.path(row.file_key)) == content_of(path)


def _is_whole(store: Store, row: Instance) -> bool:
    path = store.vault.path(row.file_key)
    return path.is_file() and content_digest(path) == row.digest


def _where(said: str, call: str) -> str:
    lines = [line for line in said.splitlines() if f"{call}(" in line]
    last = lines[-1] if lines else ""
    return next((step for pattern, step in STEPS if re.search(pattern, last)), "elsewhere")
