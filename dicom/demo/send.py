"""Sends the demo's studies once, over real associations, as three townships would."""

import time
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import structlog
from pydicom import Dataset, dcmwrite

from dicom.demo.cases import Case, demo_cases
from dicom.errors import DicomError
from dicom.send import send_files
from hub.settings import Settings
from hub.store.sites import ReturnNode

log = structlog.get_logger("demo")

TRY_AGAIN_SECONDS = 2.0
#: Value representations that SpecificCharacterSet governs (PS3.5 6.1.2.3).
TEXTS = ("PN", "LO", "SH", "ST", "LT", "UT")


def send_demo(settings: Settings) -> None:
    """Send every case of the demo to the hub; what was sent by an earlier start is not sent again.

    The files stay in `demo-studies/`, to be sent again by whoever tries other senders; what was sent, and the
    studies' day, is noted in `demo-sent/`.
    """
    host, port = settings.dicom_address
    node = ReturnNode(settings.ae_title, host, port)
    folder, sent = settings.data_dir / "demo-studies", settings.data_dir / "demo-sent"
    for made in (folder, sent):
        made.mkdir(mode=0o700, exist_ok=True)
    cases = demo_cases(_day(sent))
    for number, case in enumerate((*cases, cases[0]), start=1):
        done = sent / f"{number:02d}"
        if not done.exists():
            _send_until_kept(node, case, folder / f"{number:02d}")
            done.touch()
    log.info("demo sent", studies=len(cases), again=1)


def _day(folder: Path) -> str:
    """The first start fixes the studies' date, and with it their UIDs."""
    file = folder / "day"
    if not file.exists():
        file.write_text(datetime.now().strftime("%Y%m%d"))
    return file.read_text()


def _send_until_kept(node: ReturnNode, case: Case, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [_write(path, dataset) for path, dataset in _objects(case, folder)]
    while True:
        try:
            results = send_files(node, files, case.ae_title)
            if all(result.outcome != "failed" for result in results):
                break
            log.warning("demo study refused", why=sorted({result.detail for result in results}))
        except DicomError as error:
            log.warning("demo study waits", why=str(error))
        time.sleep(TRY_AGAIN_SECONDS)


def _objects(case: Case, folder: Path) -> Iterator[tuple[Path, Dataset]]:
    for number, dataset in enumerate(case.make(case.person, case.exam), start=1):
        if case.name_bytes:
            mislabel(dataset)
        yield folder / f"{number:03d}.dcm", dataset


def mislabel(dataset: Dataset) -> None:
    """Write every Chinese text as GBK bytes under ISO_IR 100, as old devices do."""
    for element in dataset.iterall():
        if element.VR in TEXTS and not str(element.value).isascii():
            element.value = str(element.value).encode("gbk").decode("latin_1")
    dataset.SpecificCharacterSet = "ISO_IR 100"


def _write(path: Path, dataset: Dataset) -> Path:
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    path.write_bytes(buffer.getvalue())
    return path
