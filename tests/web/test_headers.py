"""What every answer carries, and which hosts may be asked."""

import pytest

from tests.web.browser import Browser


def test_every_answer_forbids_inline_script_framing_and_guessing(app):
    headers = Browser(app).get("/login").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["frame-ancestors"] == "'none'" and policy["default-src"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_a_forged_host_is_refused_before_anything_is_looked_up(app):
    for path in ("/login", "/healthz", "/worklist"):
        answer = app.test_client().get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 400 and "evil" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_the_hub_answers_under_its_own_names(app, host):
    assert app.test_client().get("/healthz", headers={"Host": host}).status_code == 200


def test_a_named_host_is_trusted(store, settings, people):
    from web.app import make_app

    named = make_app(store, settings.model_copy(update={"trusted_hosts": "hub.county.example"}))
    assert named.test_client().get("/healthz", headers={"Host": "hub.county.example"}).status_code == 200


def test_a_body_that_is_too_large_is_refused(li):
    answer = li.send("PUT", "/studies/1/draft", {"findings": "x" * 2_000_000})
    assert answer.status_code == 413


def test_healthz_says_nothing_but_ok(app):
    assert Browser(app).get("/healthz").text == "ok\n"


def test_readyz_names_the_part_that_is_missing_and_nothing_else(app):
    answer = Browser(app).get("/readyz")
    assert (answer.status_code, answer.text) == (503, "broker\n")


def test_no_page_is_open_to_strangers_by_mistake(app):
    public = {"static", "login.login", "language.choose", "health.healthz", "health.readyz",
        "verify.ask", "verify.verify"}  # fmt: skip
    stranger = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in public:
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<int:{name}>", "1").replace(f"<{name}>", "1.2.3")
        method = next(iter(sorted(rule.methods - {"HEAD", "OPTIONS"})))
        assert stranger.open(path, method=method).status_code in (303, 401), rule
