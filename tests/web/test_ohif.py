"""OHIF, a viewer that others wrote, finds a study and shows it from this hub's DICOMweb."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, send_from_directory
from pydicom import dcmread
from pydicom.data import get_testdata_file
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from tests.conftest import STRICT
from tests.web.browser import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
#: The built bundle of npm's @ohif/app (MIT): 50 MB to fetch, which `make test` does.
BUNDLE = Path(os.environ.get("READHUB_OHIF") or ROOT / ".venv/ohif/package") / "dist"
CONFIG = """window.config = {
  routerBasename: '/', extensions: [], modes: [], showStudyList: true, defaultDataSourceName: 'hub',
  useSharedArrayBuffer: 'FALSE', maxNumberOfWebWorkers: 1, showWarningMessageForCrossOrigin: false,
  investigationalUseDialog: {option: 'never'},
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'hub',
    configuration: {
      friendlyName: 'hub', name: 'hub', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web',
      wadoUriRoot: '/dicom-web', qidoSupportsIncludeField: true, imageRendering: 'wadors',
      thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsFuzzyMatching: false,
      supportsWildcard: true, omitQuotationForMultipartRequest: true,
    },
  }],
};"""
PATIENCE_MS = 240_000
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture
def viewer(app: Flask) -> Iterator[str]:
    """OHIF at the root of an address, as it wants to be, with the hub's DICOMweb and log-in beside it."""
    if not (BUNDLE / "index.html").is_file():
        said = "OHIF is not there: make .venv/.ohif brings it, or name its folder in READHUB_OHIF"
        (pytest.fail if STRICT else pytest.skip)(said)
    foreign = Flask("ohif", static_folder=None)

    @foreign.get("/")
    @foreign.get("/<path:name>")
    def page(name: str = "index.html") -> object:
        if name == "app-config.js":
            return CONFIG, 200, {"Content-Type": "text/javascript"}
        return send_from_directory(BUNDLE, name if (BUNDLE / name).is_file() else "index.html")

    mounts = {f"/{name}": _under(app, f"/{name}") for name in ("dicom-web", "login", "static")}
    server = make_server("127.0.0.1", 0, DispatcherMiddleware(foreign, mounts), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _under(app: Flask, prefix: str) -> object:
    """The hub, to whom its whole path is given back."""

    def whole(environ: dict[str, str], start: object) -> object:
        environ = environ | {"SCRIPT_NAME": "", "PATH_INFO": prefix + environ["PATH_INFO"]}
        return app(environ, start)

    return whole


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


#: Some canvas of the viewport holds more than a few shades.
SHOWS_A_PICTURE = """() => [...document.querySelectorAll('canvas')].some(canvas => {
  if (canvas.width < 200 || canvas.height < 200) return false;
  const copy = document.createElement('canvas');
  copy.width = 64; copy.height = 64;
  const pen = copy.getContext('2d');
  pen.drawImage(canvas, 0, 0, 64, 64);
  return new Set(pen.getImageData(0, 0, 64, 64).data).size > 20;
})"""
