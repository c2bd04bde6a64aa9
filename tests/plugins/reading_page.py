"""A reading page in a real browser: a store with studies of several kinds, served, and Chromium logged in."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from blake3 import blake3
from playwright.sync_api import Browser, Page
from pydicom import Dataset, dcmwrite
from sqlalchemy import select
from werkzeug.serving import make_server

from dicom.arriving import arrival_of, receipt_of
from dicom.header import header_of_file
from dicom.make.cardiogram import cardiogram
from dicom.make.film import View, film
from dicom.make.person import Exam, Person
from dicom.make.phantom import ct_phantom
from dicom.part10 import dataset_offset, part10_head
from hub.domain.arrival import Origin
from hub.settings import read_settings
from hub.store import Store, open_store, sites, users
from hub.store.arrivals import Coming, take
from hub.store.moves import move_study
from hub.store.quick_rows import QuickRows
from hub.store.tables import Study
from tests.loop.browser import chromium, picture
from tests.plugins.brought import brought
from tests.plugins.store import lay_schema
from tests.plugins.ultrasound import loop
from tests.web.browser import PASSWORD
from web.app import make_app

SAMPLES = Path(__file__).resolve().parents[2] / "dicom" / "demo" / "samples"
READY_MS = 30_000


@dataclass
class ReadingRoom:
    """The hub's address and rows, and its studies by a short name."""

    url: str
    store: Store
    studies: dict[str, int]
    browser: Browser

    def page(self, username: str = "li") -> Page:
        """Log in; a script that fails is a line of `page.faults`."""
        context = self.browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page = context.new_page()
        page.faults = []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.faults.append(error.stack or str(error)))  # type: ignore[attr-defined]
        page.goto(f"{self.url}/login")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        return page

    def open(self, page: Page, study: str) -> Page:
        """Open a study and wait until its real pixels (or its tracing) are on the screen."""
        page.goto(f"{self.url}/studies/{self.studies[study]}")
        if study.startswith("ecg"):
            page.wait_for_selector(".ecg svg", timeout=READY_MS)
        else:
            page.wait_for_function(DRAWN, timeout=READY_MS)
        return page


#: No viewport shows its first paint or a note any more.
DRAWN = """() => { const all = [...document.querySelectorAll('.vp')];
  return all.length > 0 && document.querySelector('[role=toolbar]') &&
    all.every(one => one.querySelector('.vp-first').hidden && one.querySelector('.ft-br').textContent) }"""


def reading_room(
    folder: Path, program: Callable[[str], str], wanted: tuple[str, ...] = ()
) -> Iterator[ReadingRoom]:
    """Serve a hub with the `wanted` studies (all of `cases`, if none is named) until it is closed."""
    settings = read_settings(data_dir=folder / "hub")
    lay_schema(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "EAST1")
        for name, role in {"li": "reader", "wang": "reviewer", "qian": "ecg"}.items():
            users.add_user(session, name, role, PASSWORD, (), display_name=name.title(), licence="L1")
    studies = {
        name: keep(store, folder, make()) for name, make in cases().items() if name in wanted or not wanted
    }
    app = make_app(store, settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with chromium(program("chromium")) as browser:
        yield ReadingRoom(f"http://127.0.0.1:{server.server_port}", store, studies, browser)
    server.shutdown()
    app.extensions["ears"].close()
    store.close()


def cases() -> dict[str, Callable[[], Iterable[Dataset]]]:
    """The studies, all plainly invented."""
    lung, old = Person("V1", "Fei^Yi=肺^一", "M", "19600102"), Person("V2", "Xin^Er=心^二", "F", "19550304")
    exam = Exam("viewer-ct", "20261120090000", "胸部CT", "A1", "CHEST")
    before = Exam("viewer-ct-old", "20250110090000", "胸部CT", "A0", "CHEST")
    return {
        "ct": lambda: ct_phantom(lung, exam, 12),
        "ct-prior": lambda: ct_phantom(lung, before, 8),
        "dx": lambda: _two_views(old),
        "dx-brought": lambda: _with_brought(Person("V4", "Wai^Si=外^四", "M", "19600101")),
        "us": lambda: [loop(Person("V3", "Gan^San=肝^三", "F", "19700506"))],
        "ecg": lambda: [_ecg("ecg-flutter.npz", old, "20261121100000")],
        "ecg-prior": lambda: [_ecg("ecg-normal.npz", old, "20240501080000")],
    }


def _two_views(person: Person) -> Iterator[Dataset]:
    exam = Exam("viewer-dx", "20261121090000", "胸部正侧位片", "A2", "CHEST")
    for number, (sample, position) in enumerate(
        (("bone-fractured.jpg", "LL"), ("chest-adult-normal.png", "PA")), 1
    ):
        yield film((SAMPLES / sample).read_bytes(), person, exam, View(position, "U", 0.2), number)


def _with_brought(person: Person) -> Iterator[Dataset]:
    exam = Exam("viewer-brought", "20261121093000", "胸部正位片", "A4", "CHEST")
    image = film((SAMPLES / "chest-adult-normal.png").read_bytes(), person, exam, View("PA", "U", 0.2), 1)
    yield image
    yield from brought(image)


def _ecg(sample: str, person: Person, moment: str) -> Dataset:
    with np.load(SAMPLES / sample) as stored:
        exam = Exam(f"viewer-{sample}", moment, "十二导联心电图", "A3")
        return cardiogram(stored["microvolts"], float(stored["rate_hz"]), person, exam)


def keep(store: Store, folder: Path, objects: Iterable[Dataset]) -> int:
    """Keep objects of one study as if the site had sent them; return the study's id."""
    path, quick = folder / "object.dcm", QuickRows()
    for dataset in objects:
        buffer = BytesIO()
        dcmwrite(buffer, dataset, enforce_file_format=True)
        path.write_bytes(buffer.getvalue())
        body, header = path.read_bytes()[dataset_offset(path) :], header_of_file(path)
        arrival = arrival_of(header, header.sop_class_uid, blake3(body).hexdigest(), len(body))
        origin = Origin("east", "EAST1", "READHUB", datetime.now(UTC), "127.0.0.1")
        names = (arrival.sop_class_uid, arrival.sop_instance_uid, arrival.transfer_syntax)
        key = store.vault.keep(part10_head(*names, receipt_of(origin, "kept", arrival.digest)), body)
        with store.writing() as session:
            assert take(session.connection(), Coming(arrival, origin, key), quick) == "kept"
    with store.writing() as session:
        uid = str(dataset.StudyInstanceUID)
        study = session.scalars(select(Study).where(Study.study_instance_uid == uid)).one()
        move_study(session, study, "arrival-settled")
        return study.id


__all__ = ["ReadingRoom", "keep", "picture", "reading_room"]
