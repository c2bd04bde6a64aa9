"""The room that `reading.py` measures in: the hub's pages over a folder, and a hand that is counted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page
from sqlalchemy import select

from benchmarks.dicomweb import _running
from hub.settings import Settings, read_settings
from hub.store import Store, open_store, schema, sessions, sites, users
from hub.store.tables import LoginSession, User
from tests.conftest import find_program
from tests.loop.browser import chromium
from tests.plugins.ports import free_port
from tests.web.browser import PASSWORD

#: Notes, in ms of the page's clock, when the study at an address has a first picture, and its real pixels.
WATCH = """() => { const wait = { path: '', from: 0, first: 0, real: 0 }; window.__watch = wait;
  window.__expect = path => Object.assign(wait, { path, from: performance.now(), first: 0, real: 0 });
  const loop = () => { requestAnimationFrame(loop);
    const root = document.querySelector('#reading');
    if (!root || root.hasAttribute('aria-busy')) return;
    if (wait.path && location.pathname !== wait.path) return;
    const ecg = document.querySelector('.ecg svg');
    const first = document.querySelector('.vp-first');
    const all = [...document.querySelectorAll('.vp')];
    const real = ecg || (all.length && document.querySelector('[role=toolbar]') && all.every(one =>
      one.querySelector('.vp-first').hidden && one.querySelector('.ft-br').textContent));
    const painted = real || (first && !first.hidden && first.complete && first.naturalWidth > 0);
    if (painted && !wait.first) wait.first = performance.now();
    if (real && !wait.real) wait.real = performance.now(); };
  requestAnimationFrame(loop) }"""


@dataclass
class Hand:
    """A page with a count of what was done on it; a chord is one key, a word typed is one action."""

    page: Page
    keys: int = 0
    letters: int = 0
    drags: int = 0

    def press(self, chord: str) -> None:
        self.keys += 1
        self.page.keyboard.press(chord)

    def type(self, words: str) -> None:
        """Type by letters, as under no input method."""
        self.letters += len(words)
        self.page.keyboard.type(words)

    def drag(self, by: tuple[float, float]) -> None:
        self.drags += 1
        box = self.page.locator(".ecg svg").first.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 200, box["y"] + 120)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 200 + by[0], box["y"] + 120 + by[1], steps=4)
        self.page.mouse.up()

    @property
    def actions(self) -> int:
        """Keys, drags, and one for each word that was typed."""
        return self.keys + self.drags + (1 if self.letters else 0)


@dataclass
class Place:
    """The running hub."""

    url: str
    store: Store
    folder: Path
    browser: Browser
    made: int = 0
    studies: dict[str, int] = field(default_factory=dict)

    def page(self, username: str) -> Page:
        """Log in with a browser profile of its own, its cache empty."""
        context = self.browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{self.url}/login")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.add_init_script(f"({WATCH})()")
        return page


def open_case(page: Page, place: Place, study: int) -> None:
    page.goto(f"{place.url}/studies/{study}")
    page.wait_for_function("() => window.__watch.real > 0")


def open_signing_window(page: Page, place: Place, username: str) -> None:
    """Open the signing window as the first signature of a quarter of an hour does."""
    with place.store.writing() as session:
        user = session.scalars(select(User).where(User.username == username)).one()
        for login in session.scalars(select(LoginSession).where(LoginSession.user_id == user.id)):
            sessions.open_signing(session, login.id, 15)
    page.reload()
    page.wait_for_function("() => window.__watch.real > 0")


@contextmanager
def running_room(folder: Path) -> Iterator[Place]:
    settings = room_settings(folder)
    store = filled(settings)
    command = [
        sys.executable, "-m", "readhub", "web", "--data", str(settings.data_dir), "--http", settings.http,
    ]  # fmt: skip
    with _running(command, settings.http_address), chromium(find_program("chromium")) as browser:
        yield Place(f"http://{settings.http}", store, folder, browser)
    store.close()


def room_settings(folder: Path) -> Settings:
    """Return the settings of a hub in `folder` at a free port."""
    return read_settings(data_dir=folder / "hub", http=f"127.0.0.1:{free_port()}")


def filled(settings: Settings) -> Store:
    """Return a new store with a site and its readers."""
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "EAST1")
        for name, role, title in (
            ("li", "reader", "intermediate"), ("wang", "reviewer", "senior"), ("qian", "ecg", "intermediate"),
            ("jin", "reader", "resident"),
        ):  # fmt: skip
            user = users.add_user(session, name, role, PASSWORD, (), display_name=name.title(), licence="L1")
            user.title = title
    return store
