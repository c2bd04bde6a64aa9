"""The self-test tries a site's whole line, says truly what fails, and leaves nothing for a reader to find."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from dicom.selftest.run import run_selftest
from hub.domain.scope import HUB
from hub.errors import Refused
from hub.store import Store
from hub.store.tables import Device, ExamOrder, Study
from hub.store.worklist import Wanted, listed
from tests.dicom.test_storage_commitment import do_errands


@pytest.fixture
def working(hub: Store) -> Iterator[Store]:
    """The hub with somebody who does its errands."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.3):
            do_errands(hub)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    yield hub
    over.set()
    worker.join(30)


def test_everything_passes_and_the_sheet_says_so_on_one_page(
    working: Store, tmp_path: Path, program: Callable[[str], str]
) -> None:
    checks, pdf = run_selftest(working, "east")
    assert [check for check in checks if not check.passed] == [] and len(checks) == 7
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(pdf)
    text = subprocess.run(
        [program("pdftotext"), "-layout", str(sheet), "-"], capture_output=True, text=True
    ).stdout
    assert "全部 7 项通过" in text and "㑇䶮" in text and "㙦" in text
    assert text.count("\f") == 1
    with working.reading() as session:
        assert {study.state for study in session.scalars(select(Study))} == {"rejected"}
        assert {order.state for order in session.scalars(select(ExamOrder))} == {"cancelled"}
        assert not session.scalars(select(Device)).one().active
        assert listed(session, HUB, Wanted()) == []


def test_a_hub_that_does_not_serve_fails_each_check_and_says_why(townships: Store) -> None:
    checks, pdf = run_selftest(townships, "east")
    assert not checks[0].passed and "nobody answers" in checks[0].seen
    assert pdf.startswith(b"%PDF")


def test_a_site_that_there_is_not_is_refused(townships: Store) -> None:
    with pytest.raises(Refused):
        run_selftest(townships, "nowhere")
