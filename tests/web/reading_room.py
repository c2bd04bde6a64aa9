"""A web server of its own for a browser: it can be killed and started again over the same rows."""

import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.loop.browser import log_in
from tests.web.browser import PASSWORD

AXE = Path(__file__).resolve().parents[2] / "web/frontend/node_modules/axe-core/axe.min.js"
#: What is looked for: WCAG 2.1 A and AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
GRAVE = ("serious", "critical")


class ReadingRoom:
    """The application behind a port that stays the same."""

    def __init__(self, app: Flask, port: int) -> None:
        self.app, self.port, self.url = app, port, f"http://127.0.0.1:{port}"
        self._server: Any = None
        self.start()

    def start(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def kill(self) -> None:
        """Stop answering at once: the port is closed."""
        self._server.shutdown()
        self._server.server_close()

    def enter(self, chromium: Any, username: str, phone: bool = False) -> Page:
        page = log_in(chromium, self.url, {"username": username, "password": PASSWORD}, phone)
        page.set_default_timeout(15_000)
        return page


def grave_faults(page: Page) -> list[str]:
    """Return what axe calls serious or critical on the page as it is now."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: the front end was built elsewhere")
    page.evaluate("() => {" + AXE.read_text("utf-8") + "}")
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for one in found["violations"] if one["impact"] in GRAVE
        for node in one["nodes"]
    ]  # fmt: skip
