"""Send a folder of DICOM files to a fresh hub with DCMTK's dcmsend and say what became of every one.

    python -m benchmarks.pack_table ../shared/data/dicom [--report FILE] [--refusals FILE]

Starts a receiver of its own over a temporary folder and removes both. Needs dcmsend (Debian: dcmtk).
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from dicom.echo import answers_echo
from hub.settings import Settings, read_settings
from hub.store import Store, open_store, schema, sites
from hub.store.tables import AuditRow, Instance, KeptAside, Study

CALLING = "CLINIC1"
#: Not objects but words about them.
ABOUT = {".csv", ".md", ".txt"}
START_SECONDS = 60.0


@dataclass(frozen=True)
class Table:
    """What became of the files of a folder; `answers` counts dcmsend's words for what it was told."""

    files: int
    seconds: float
    answers: Counter[str]
    stored: int
    quarantined: int
    aside_content: int
    aside_syntax: int
    same_again: int
    restarted: bool

    def rows(self) -> list[tuple[str, int]]:
        """Return the lines of the table; their numbers add up to `files`."""
        refused = [(f"refused with {status}", n) for status, n in sorted(self._refused().items())]
        sent = sum(self.answers.values())
        return [
            ("stored, in the worklist", self.stored),
            ("stored, study quarantined", self.quarantined),
            ("the same again (0x0000)", self.same_again),
            ("kept aside, other transfer syntax (0x0000)", self.aside_syntax),
            ("kept aside as conflict (0xB000)", self.aside_content),
            *refused,
            ("not sendable by dcmsend", self.files - sent),
        ]

    def _refused(self) -> Counter[str]:
        kept = {"0x0000", "0xb000"}
        return Counter({status: n for status, n in self.answers.items() if status not in kept})

    def __str__(self) -> str:
        lines = [f"| {what} | {number} |" for what, number in self.rows()]
        total = sum(number for _, number in self.rows())
        head = ["| what became of it | files |", "|---|---:|"]
        foot = [f"| **sum, of {self.files}** | **{total}** |", "", f"{self.seconds:.1f} s"]
        return "\n".join([*head, *lines, *foot, f"receiver restarted: {'yes' if self.restarted else 'no'}"])


def send_pack(
    folder: Path, settings: Settings, dcmsend: str = "dcmsend", keep_report: Path | None = None
) -> Table:
    """Send every file below `folder` to a new receiver of `settings` and count what the hub holds then."""
    store = _new_hub(settings)
    files = sum(path.is_file() and path.suffix not in ABOUT for path in folder.rglob("*"))
    with _receiver(settings) as receiver, tempfile.NamedTemporaryFile("r", suffix=".txt") as report:
        began = time.monotonic()
        subprocess.run(
            [dcmsend, "-q", "+sd", "+r", "-nh", "-dn", "+crf", report.name, "-aet", CALLING,
             "-aec", settings.ae_title, *map(str, settings.dicom_address), str(folder)],
            capture_output=True, check=True,
        )  # fmt: skip
        seconds = time.monotonic() - began
        restarted = receiver.poll() is not None or not answers_echo(settings)
        if keep_report is not None:
            shutil.copyfile(report.name, keep_report)
        answers = Counter(
            re.findall(r"^DIMSE Status +: (0x[0-9a-f]{4})", Path(report.name).read_text(), re.M)
        )
    try:
        return _counted(store, Table(files, seconds, answers, 0, 0, 0, 0, 0, restarted))
    finally:
        store.close()


def _counted(store: Store, asked: Table) -> Table:
    with store.reading() as session:
        held = dict(
            session.execute(
                select(Study.state == "quarantined", func.count())
                .join(Instance, Instance.study_id == Study.id)
                .group_by(Study.state == "quarantined")
            ).all()
        )
        aside = dict(session.execute(select(KeptAside.reason, func.count()).group_by(KeptAside.reason)).all())
    stored, quarantined = held.get(False, 0), held.get(True, 0)
    content, syntax = aside.get("content", 0), aside.get("syntax", 0)
    same = asked.answers["0x0000"] - stored - quarantined - syntax
    return Table(
        asked.files, asked.seconds, asked.answers, stored, quarantined, content, syntax, same, asked.restarted
    )


def refusals(store: Store) -> list[tuple[str, str]]:
    """Return the SOP Instance UID of every C-STORE that was refused, and the hub's reason."""
    asked = select(AuditRow).where(AuditRow.act == "store", AuditRow.outcome == "refused")
    with store.reading() as session:
        return [(row.thing, row.detail) for row in session.scalars(asked.order_by(AuditRow.number))]


def _new_hub(settings: Settings) -> Store:
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "pack", CALLING)
    return store


@contextmanager
def _receiver(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "readhub", "scp", "--data", str(settings.data_dir)]
    process = subprocess.Popen([*command, "--dicom", settings.dicom], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while not answers_echo(settings):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the receiver does not start")
            time.sleep(0.2)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    """Print the table of the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=11199)
    parser.add_argument("--report", type=Path, help="keep dcmsend's detailed report here")
    parser.add_argument("--refusals", type=Path, help="write the hub's reasons for refusing here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        settings = read_settings(data_dir=Path(data) / "hub", dicom=f"127.0.0.1:{given.port}")
        print(send_pack(given.folder, settings, keep_report=given.report))
        if given.refusals is not None:
            store = open_store(settings)
            given.refusals.write_text("".join(f"{uid}\t{why}\n" for uid, why in refusals(store)))
            store.close()


if __name__ == "__main__":
    main()
