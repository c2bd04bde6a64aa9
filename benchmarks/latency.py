"""Times from the last C-STORE response to the reading committed, and to the row changed in an open browser.

Run: `python benchmarks/latency.py [N]` (default 20). Starts a hub of its own; needs Debian's chromium.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright
from pydicom import Dataset
from pynetdicom import AE
from sqlalchemy import select

from dicom.demo.cases import demo_cases
from dicom.make.person import Exam, Person
from hub.store import Store
from hub.store.tables import PreRead, Study
from tests.plugins.running_hub import RunningHub

#: Which of the demo's cases stands for each kind; of the CT one slice is sent, a study of its own.
KINDS = {"DX": 1, "ECG": 12, "CT slice": 7}
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "latency-benchmark"
LONGEST_SECONDS = 60.0
TICK_SECONDS = 0.002

#: Notes the instant (ms since 1970) at which the row of each study first says what the models said.
WATCH_ROWS = """() => {
  window.shownAt = {};
  const look = () => document.querySelectorAll('tr[data-study]').forEach(row => {
    const said = row.querySelector('[class*="badge-ai-"]:not(.badge-ai-pending):not(.badge-ai-absent)');
    if (said && !(row.dataset.study in window.shownAt)) window.shownAt[row.dataset.study] = Date.now();
  });
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""


def main(times: int) -> None:
    """Print two lines per kind: median, 95th percentile and n; the first of each kind warms up."""
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as hub, _worklist(hub) as page:
        store = hub.store()
        for kind, number in KINDS.items():
            figures = [_once(hub, store, page, _object(number, turn)) for turn in range(times + 1)][1:]
            _print(kind, "committed", [committed for committed, _ in figures])
            _print(kind, "shown", [shown for _, shown in figures])


def _print(kind: str, what: str, seconds: list[float]) -> None:
    ordered = sorted(value * 1000 for value in seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    print(f"{kind}: {what}: median {statistics.median(ordered):.0f} ms, p95 {p95:.0f} ms, n {len(ordered)}")


def _object(number: int, turn: int) -> Dataset:
    case = demo_cases("20261101")[number - 1]
    exam = Exam(f"latency-{number}-{turn}", case.exam.moment, case.exam.description, "", case.exam.body_part)
    person = Person(f"L{number}-{turn}", "Bench^Mark", "O", "19700101")
    return next(iter(case.make(person, exam)))


def _once(hub: RunningHub, store: Store, page: Page, dataset: Dataset) -> tuple[float, float]:
    """Send one object and return seconds from its response to commit, and to the changed row."""
    answered = _send(hub, dataset)
    study_id, committed = _wait_for_reading(store, str(dataset.StudyInstanceUID))
    end = time.time() + LONGEST_SECONDS
    while (shown := page.evaluate(f"window.shownAt['{study_id}']")) is None:
        if time.time() > end:
            raise SystemExit(f"study {study_id} was not shown within {LONGEST_SECONDS} s")
        time.sleep(TICK_SECONDS)
    return committed - answered, shown / 1000 - answered


def _send(hub: RunningHub, dataset: Dataset) -> float:
    ae = AE(ae_title="CLINIC1")
    ae.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = ae.associate("127.0.0.1", hub.dicom_port, ae_title="READHUB")
    status = association.send_c_store(dataset)
    answered = time.time()
    association.release()
    if status.Status != 0:
        raise SystemExit(f"refused with 0x{status.Status:04X}")
    return answered


def _wait_for_reading(store: Store, study_uid: str) -> tuple[int, float]:
    """Poll for the row, so that the figure is an upper bound by one poll (about 3 ms)."""
    wanted = (
        select(PreRead.study_id)
        .join(Study, Study.id == PreRead.study_id)
        .where(Study.study_instance_uid == study_uid)
    )
    end = time.time() + LONGEST_SECONDS
    while time.time() < end:
        with store.reading() as session:
            study_id = session.scalar(wanted)
        if study_id is not None:
            return study_id, time.time()
        time.sleep(TICK_SECONDS)
    raise SystemExit(f"no reading within {LONGEST_SECONDS} s")


@contextmanager
def _running(folder: Path) -> Iterator[RunningHub]:
    hub = RunningHub(folder / "hub")
    hub.start()
    hub.command("site", "add", "clinic", "--ae", "CLINIC1")
    hub.command("user", "add", "bench", "--role", "reader", stdin=PASSWORD + "\n")
    try:
        yield hub
    finally:
        hub.stop()


@contextmanager
def _worklist(hub: RunningHub) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{hub.url}/login")
        page.fill("[name=username]", "bench")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/worklist*")
        page.evaluate(WATCH_ROWS)
        yield page
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
