"""Times from the last C-STORE response to the reading committed, and to the row changed in an open browser.

Beside them the bare floor of the same run: read, decode, preprocess, infer and commit in one process, without
hub and broker; and how many times that the medians are (wanted: at most 3).

Run: `python benchmarks/latency.py [N]` (default 20). Starts a hub of its own; needs Debian's chromium.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright
from pydicom import Dataset
from pynetdicom import AE
from sqlalchemy import select

from ai_models.registry import load_models
from dicom.demo.cases import demo_cases
from dicom.load import load_dataset
from dicom.make.person import Exam, Person
from dicom.write.frame import part10
from hub.settings import read_settings
from hub.store import Store, audit, open_store, schema
from hub.store.tables import Errand, PreRead, Study
from tests.plugins.running_hub import RunningHub
from workers.subjects import Rules, read_by, subject_of

#: Which of the demo's cases stands for each kind; of the CT one slice is sent, a study of its own.
KINDS = {"DX": 1, "ECG": 12, "CT slice": 7}
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "latency-benchmark"
LONGEST_SECONDS = 60.0
TICK_SECONDS = 0.002
#: The page notes the instant itself; asking it often would only keep it from drawing.
PAGE_SECONDS = 0.05

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
    """Print three lines per kind: median, 95th percentile and n; the first of each kind warms up."""
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as hub, _worklist(hub) as page:
        store = hub.store()
        for kind, number in KINDS.items():
            figures = [_once(hub, store, page, _object(number, turn)) for turn in range(times + 1)][1:]
            floor = _floor(Path(folder) / "floor", [_object(number, turn) for turn in range(times + 1)])
            base = statistics.median(floor)
            _print(kind, "bare floor", floor, base)
            _print(kind, "committed", [committed for committed, _ in figures], base)
            _print(kind, "shown", [shown for _, shown in figures], base)


def _floor(folder: Path, datasets: list[Dataset]) -> list[float]:
    """Return the seconds that each object takes when nothing stands between its file and the database."""
    settings = read_settings(data_dir=folder)
    schema.upgrade(settings)
    store, models, seconds = open_store(settings), load_models(), []
    for dataset in datasets:
        path = folder / "object.dcm"
        path.write_bytes(part10(dataset))
        began = time.perf_counter()
        reading = read_by(models, subject_of(load_dataset(path)), Rules())
        with store.writing() as session:
            audit.append(session, audit.entry("floor", "object", detail=json.dumps(reading.as_json())))
        seconds.append(time.perf_counter() - began)
    store.close()
    return seconds[1:]


def _print(kind: str, what: str, seconds: list[float], base: float) -> None:
    ordered = sorted(value * 1000 for value in seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    middle = statistics.median(ordered)
    times = f"{middle / base / 1000:.1f} x floor"
    print(f"{kind}: {what}: median {middle:.0f} ms, p95 {p95:.0f} ms, {times}, n {len(ordered)}", flush=True)


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
        time.sleep(PAGE_SECONDS)
    _wait_until_idle(store)
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
    """Poll for the row, so that the figure is an upper bound by one poll (about 3 ms).

    SQLite says for next to nothing whether anybody committed; only then the row is looked for: what watches
    is not to slow down what it watches.
    """
    wanted = (
        select(PreRead.study_id)
        .join(Study, Study.id == PreRead.study_id)
        .where(Study.study_instance_uid == study_uid)
    )
    end, seen = time.time() + LONGEST_SECONDS, None
    with closing(sqlite3.connect(store.settings.data_dir / "hub.sqlite3")) as watching:
        while time.time() < end:
            version = watching.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                with store.reading() as session:
                    study_id = session.scalar(wanted)
                if study_id is not None:
                    return study_id, time.time()
            time.sleep(TICK_SECONDS)
    raise SystemExit(f"no reading within {LONGEST_SECONDS} s")


def _wait_until_idle(store: Store) -> None:
    """Wait until what follows a reading (its SR, its first picture) is done: the next object comes alone."""
    busy = (
        select(Errand.id)
        .where(Errand.state.in_(("waiting", "sent", "running")), Errand.kind != "settle")
        .limit(1)
    )
    end = time.time() + LONGEST_SECONDS
    while time.time() < end:
        with store.reading() as session:
            if session.scalar(busy) is None:
                return
        time.sleep(PAGE_SECONDS)
    raise SystemExit("the hub does not become idle")


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
