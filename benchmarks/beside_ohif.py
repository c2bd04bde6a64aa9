"""The first picture of a study in the hub's reading page and in OHIF, from one server on one machine.

Run: `python -m benchmarks.beside_ohif [N]` (default 3). One process serves the hub's pages and OHIF (`make
.venv/.ohif`) over studies of a folder of its own; each viewer opens each study with an empty cache, in turn,
and the milliseconds from the page's start to the first picture are printed with their ratio (aim: 0.5). The
hub draws a film's first picture when it comes; here nothing was drawn before the first of N.
"""

import logging
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser

from benchmarks.reading import PICTURES
from benchmarks.reading_room import WATCH, Place, filled, room_settings
from hub.store.tables import Study
from tests.conftest import find_program
from tests.loop.browser import chromium
from tests.plugins.ohif import SHOWS_A_PICTURE, is_there, serving_ohif
from tests.web.browser import PASSWORD
from web.app import make_app

HUB_PATHS = ("dicom-web", "login", "static", "studies", "worklist", "language", "events")
MOST_MS = 120_000
#: A viewport that waits is black all over; a synthetic loop has few shades.
SHOWS_ANY = SHOWS_A_PICTURE.replace("size > 20", "size > 1")
#: Notes the ms of the page's clock at which OHIF shows a picture; looks as often as the page is drawn.
WATCH_OHIF = f"""() => {{
  window.__first = 0;
  const shows = {SHOWS_ANY};
  const loop = () => {{ if (shows()) window.__first = performance.now(); else requestAnimationFrame(loop) }};
  requestAnimationFrame(loop) }}"""


def main(times: int) -> None:
    """Print a line for each study."""
    if not is_there():
        raise SystemExit("OHIF is not there: make .venv/.ohif brings it")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="readhub-ohif-") as folder:
        settings = room_settings(Path(folder))
        store = filled(settings)
        with (
            serving_ohif(make_app(store, settings), HUB_PATHS) as url,
            chromium(find_program("chromium")) as browser,
        ):
            place = Place(url, store, Path(folder), browser)
            for name, make in PICTURES.items():
                study = make(place)
                with store.reading() as session:
                    uid = session.get_one(Study, study).study_instance_uid
                ours, theirs = [], []
                for _ in range(times):
                    ours.append(_ms(browser, url, f"/studies/{study}", WATCH, "window.__watch.first"))
                    theirs.append(
                        _ms(browser, url, f"/viewer?StudyInstanceUIDs={uid}", WATCH_OHIF, "window.__first")
                    )
                _say(name, ours, theirs)
        store.close()


def _say(name: str, ours: list[float], theirs: list[float]) -> None:
    hub, ohif = statistics.median(ours), statistics.median(theirs)
    print(f"{name}: hub {hub:.0f} ms, OHIF {ohif:.0f} ms, ratio {hub / ohif:.2f}, n {len(ours)}", flush=True)


def _ms(browser: Browser, url: str, path: str, watch: str, instant: str) -> float:
    """Return the ms until `instant` is set on the page at `path`, opened by a reader with an empty cache."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(MOST_MS)
    page.goto(f"{url}/login")
    page.fill("[name=username]", "li")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    page.add_init_script(f"({watch})()")
    page.goto(url + path)
    page.wait_for_function(f"() => {instant} > 0")
    ms = float(page.evaluate(instant))
    context.close()
    return ms


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
