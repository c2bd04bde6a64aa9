"""OHIF, a viewer that others wrote, finds a study and shows it from this hub's DICOMweb."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from pydicom import dcmread
from pydicom.data import get_testdata_file

from tests.conftest import STRICT
from tests.plugins.ohif import SHOWS_A_PICTURE, is_there, serving_ohif
from tests.web.browser import PASSWORD

PATIENCE_MS = 240_000
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture
def viewer(app: Flask) -> Iterator[str]:
    """OHIF with the hub's DICOMweb and log-in beside it."""
    if not is_there():
        said = "OHIF is not there: make .venv/.ohif brings it, or name its folder in READHUB_OHIF"
        (pytest.fail if STRICT else pytest.skip)(said)
    with serving_ohif(app) as address:
        yield address


def test_ohif_lists_a_study_and_shows_its_picture(viewer, keep, program) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    path = Path(get_testdata_file("CT_small.dcm"))
    keep(path)
    original = dcmread(path)
    answered: list[tuple[str, int]] = []
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program("chromium"), args=CHROMIUM)
        page = chromium.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(PATIENCE_MS)
        page.on("response", lambda answer: answered.append((answer.url, answer.status)))
        page.goto(f"{viewer}/login")
        page.fill("[name=username]", "li")
        page.fill("[name=password]", PASSWORD)
        page.click("form:has([name=password]) button")
        page.wait_for_url(f"{viewer}/")
        page.goto(f"{viewer}/?startDate=20000101&endDate=20301231")
        page.get_by_text(str(original.PatientName).replace("^", " ")).first.wait_for()
        page.goto(f"{viewer}/viewer?StudyInstanceUIDs={original.StudyInstanceUID}")
        page.wait_for_function(SHOWS_A_PICTURE)
        chromium.close()
    ours = [(url.partition("/dicom-web/")[2], status) for url, status in answered if "/dicom-web/" in url]
    asked = {path.partition("?")[0]: status for path, status in ours}
    assert set(asked.values()) <= {200, 204}, asked
    assert any("/frames/1" in path for path in asked), asked
