"""While the database is away the pages say so, and come back by themselves."""

import pytest
from pydantic import SecretStr

from hub.store import open_store
from tests.web.browser import Browser
from web.app import make_app

#: Nothing listens on port 1.
NOWHERE = SecretStr("postgresql+psycopg://hub@127.0.0.1:1/hub?connect_timeout=2")


@pytest.fixture
def stranded(settings):
    away = settings.model_copy(update={"database_url": NOWHERE})
    store = open_store(away)
    app = make_app(store, away)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield Browser(app)
    store.close()


def test_readyz_names_the_database_and_healthz_lives(stranded):
    assert stranded.get("/healthz").status_code == 200
    assert (stranded.get("/readyz").status_code, stranded.get("/readyz").text) == (503, "database\n")


def test_a_page_says_that_the_database_is_away_and_nothing_else(stranded):
    stranded.client.set_cookie("readhub_session", "some-token")
    for path in ("/worklist", "/studies/1/case.json", "/dicom-web/studies", "/events"):
        answer = stranded.get(path)
        assert (answer.status_code, answer.json["error"]) == (503, "database"), path
        assert "127.0.0.1" not in answer.text and "psycopg" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_login_page_opens_and_a_login_is_refused_for_now(stranded):
    assert stranded.read_token("/login")
    assert stranded.login("li").status_code == 503
