"""A browser for tests: logs in by the form, carries the CSRF token, and reads JSON."""

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "a long enough password"


class Browser:
    """One person's browser with its cookies."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def see(self, path: str) -> str:
        """Open a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.text

    def login(self, username: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        self.read_token("/login")
        form = {"username": username, "password": password, "csrf_token": self.token, **fields}
        answer = self.client.post("/login", data=form)
        if answer.status_code == 303:
            self.read_token("/users" if username == "boss" else "/")
        return answer

    def read_token(self, path: str) -> str:
        page = self.client.get(path, follow_redirects=True).text
        found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
        self.token = found[1] if found else ""
        return self.token

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send JSON as the pages' scripts do."""
        head = {"X-CSRFToken": self.token, "X-Requested-With": "fetch", "Accept": "application/json"}
        return self.client.open(path, method=method, json=body, headers=head | headers)

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data={"csrf_token": self.token, **fields})
