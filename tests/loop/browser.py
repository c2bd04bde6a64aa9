"""A person at a browser: Debian's Chromium, driven through a running hub's pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
OFFICE_PC = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
#: Screenshots of every run are kept here as build output.
PICTURES = Path(__file__).resolve().parents[2] / "test-output" / "screens"


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Start Chromium; every page it opens fails the test on an error of a script."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def log_in(browser: Browser, url: str, account: dict[str, str], phone: bool = False) -> Page:
    """Open the hub as `account` in a browser profile of its own."""
    context = browser.new_context(viewport=PHONE if phone else OFFICE_PC, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/login")
    page.fill("[name=username]", account["username"])
    page.fill("[name=password]", account["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    return page


def picture(page: Page, name: str) -> None:
    """Keep a screenshot."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
