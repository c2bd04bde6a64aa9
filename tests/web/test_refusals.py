"""Whatever the pages refuse leaves a row in the audit trail, also to somebody whom nobody knows."""

import pytest
from sqlalchemy import select

from hub.store.tables import AuditRow
from tests.web.browser import Browser


@pytest.fixture
def refused(store):
    """Return (actor, thing, outcome, address) of the rows of refusals so far."""

    def rows():
        asked = select(AuditRow).where(AuditRow.outcome.not_in(("ok", "added"))).order_by(AuditRow.number)
        with store.reading() as session:
            return [(row.actor, row.thing, row.outcome, row.address) for row in session.scalars(asked)]

    return rows


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/worklist", 303),
        ("GET", "/studies/1", 303),
        ("GET", "/dicom-web/studies", 401),
        ("GET", "/events", 303),
        ("GET", "/metrics", 303),
        ("PUT", "/studies/1/draft", 401),
        ("POST", "/studies/1/sign", 401),
    ],
)
def test_a_page_that_needs_a_log_in_writes_down_who_had_none(app, refused, method, path, status):
    assert Browser(app).client.open(path, method=method).status_code == status
    assert refused() == [("", path, "no-login", "127.0.0.1")]


def test_a_forged_form_of_a_stranger_is_written_down(app, refused):
    assert Browser(app).client.post("/login", data={"username": "li"}).status_code == 400
    assert refused() == [("", "/login", "csrf", "127.0.0.1")]


@pytest.mark.parametrize(
    ("path", "headers", "outcome"),
    [
        ("/login", {"Host": "evil.example"}, "http-400"),
        ("/no-such-page", {}, "http-404"),
        ("/healthz", {"Host": "evil.example"}, "http-400"),
    ],
)
def test_a_foreign_host_and_a_page_that_is_not_there_are_written_down(app, refused, path, headers, outcome):
    Browser(app).get(path, headers=headers)
    assert [row[2] for row in refused()] == [outcome]


def test_what_needs_no_log_in_writes_nothing(app, refused, audited):
    for path in ("/login", "/healthz", "/readyz", "/static/nothing.js"):
        Browser(app).get(path)
    assert refused() == [] == audited()


def test_a_flood_of_a_stranger_is_one_row_at_once(app, refused):
    stranger = Browser(app)
    for number in range(50):
        stranger.get(f"/studies/{number}")
    assert refused() == [("", "/studies/0", "no-login", "127.0.0.1")]


def test_a_known_person_has_a_row_for_every_refusal(li, refused):
    li.get("/no-such-page")
    li.get("/no-such-page")
    li.client.post("/logout")
    li.send("POST", "/worklist")
    assert refused() == [
        ("li", "/no-such-page", "http-404", "127.0.0.1"),
        ("li", "/no-such-page", "http-404", "127.0.0.1"),
        ("li", "/logout", "csrf", "127.0.0.1"),
        ("li", "/worklist", "http-405", "127.0.0.1"),
    ]


def test_a_signature_without_its_password_is_written_down(li, ready, refused):
    study = ready()
    assert li.send("POST", f"/studies/{study}/sign", {"shown": "x"}).status_code == 401
    assert ("li", f"/studies/{study}/sign", "http-401", "127.0.0.1") in refused()
