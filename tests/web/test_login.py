"""Logging in, staying logged in, and being kept out."""

from datetime import timedelta

from sqlalchemy import select, update

from hub.store import now, refusals, users
from hub.store.tables import LoginSession
from tests.web.browser import PASSWORD, Browser


def cookie(browser, name="readhub_session"):
    return browser.client.get_cookie(name)


def age(store, **ages):
    """Make every log-in look as if these instants lay so long ago."""
    with store.writing() as session:
        session.execute(update(LoginSession).values({name: now() - by for name, by in ages.items()}))


def test_a_stranger_is_sent_to_the_login_and_back_afterwards(app):
    stranger = Browser(app)
    answer = stranger.get("/worklist?state=ready")
    assert (answer.status_code, answer.location) == (303, "/login?next=/worklist?state%3Dready")
    assert stranger.login("li", next="/worklist?state=ready").location == "/worklist?state=ready"


def test_a_script_without_a_login_is_told_so_in_json(app):
    answer = Browser(app).send("PUT", "/studies/1/draft", {})
    assert (answer.status_code, answer.json["error"]) == (401, "login")


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(app):
    someone = Browser(app)
    said = someone.login("li").headers["Set-Cookie"]
    assert "HttpOnly" in said and "SameSite=Lax" in said and "Secure" not in said


def test_the_session_cookie_is_secure_behind_https(store, settings, people):
    from web.app import make_app

    secured = make_app(store, settings.model_copy(update={"behind_https": True}))
    visitor = Browser(secured)
    page = visitor.client.get("/login", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in page.headers["Set-Cookie"]
    assert "max-age" in page.headers["Strict-Transport-Security"]


def test_the_login_gives_a_new_token_and_ignores_one_that_was_planted(app):
    victim = Browser(app)
    victim.client.set_cookie("readhub_session", "planted-by-somebody-else")
    victim.login("li")
    first = cookie(victim).value
    assert first != "planted-by-somebody-else"
    victim.login("li")
    assert cookie(victim).value not in ("planted-by-somebody-else", first)


def test_logging_in_as_somebody_else_ends_the_log_in_before(app, store):
    shared = Browser(app)
    shared.login("li")
    old = cookie(shared).value
    form = {"username": "wang", "password": PASSWORD, "csrf_token": shared.token}
    assert shared.client.post("/login", data=form).status_code == 303
    thief = Browser(app)
    thief.client.set_cookie("readhub_session", old)
    assert thief.get("/worklist").status_code == 303


def test_the_database_holds_no_token(app, store):
    someone = Browser(app)
    someone.login("li")
    with store.reading() as session:
        (row,) = session.scalars(select(LoginSession))
    assert cookie(someone).value not in (row.token_digest, row.data)


def test_logging_out_ends_the_session_for_good(app, li):
    old = cookie(li).value
    assert li.post("/logout").status_code == 303
    again = Browser(app)
    again.client.set_cookie("readhub_session", old)
    assert again.get("/worklist").status_code == 303


def test_an_idle_session_ends(store, settings, li):
    age(store, seen_at=timedelta(minutes=settings.session_idle_minutes, seconds=1))
    assert li.get("/worklist").location.startswith("/login?next=/worklist&expired=1")


def test_a_busy_session_ends_too_at_its_absolute_limit(store, settings, li):
    age(store, created_at=timedelta(hours=settings.session_absolute_hours, seconds=1))
    assert li.get("/worklist").status_code == 303


def test_another_password_ends_every_session(store, li):
    with store.writing() as session:
        users.set_password(session, users.user_named(session, "li"), "another long password")
    assert li.get("/worklist").status_code == 303


def test_a_closed_account_is_out_at_once(store, li):
    with store.writing() as session:
        users.user_named(session, "li").active = False
    assert li.get("/worklist").status_code == 303


def test_a_wrong_password_is_refused_and_audited(app, audited):
    assert Browser(app).login("li", "not the password").status_code == 401
    assert Browser(app).login("nobody", "not the password").status_code == 401
    assert audited()[-2:] == [
        ("login", "user:li", "wrong-password"),
        ("login", "user:nobody", "wrong-password"),
    ]


def test_a_flood_of_log_ins_fills_no_audit_trail_and_every_one_is_counted(app, audited, counted, monkeypatch):
    minute = now()  # the whole flood falls into one minute of the count, however long it takes
    monkeypatch.setattr(refusals, "now", lambda: minute)
    flood = Browser(app)
    for number in range(30):
        assert flood.login(f"nobody{number}", "not the password").status_code == 401
    for _ in range(20):
        flood.login("li", "not the password")
    assert audited() == [
        ("login", "user:nobody0", "wrong-password"),
        *[("login", "user:li", "wrong-password")] * 5,
        ("login", "user:li", "slowed"),
    ]
    assert (counted("wrong-password (no account)"), counted("slowed")) == (29, 14)


def test_after_five_failures_even_the_right_password_has_to_wait(app, audited):
    guesser = Browser(app)
    answers = [guesser.login("li", f"guess number {n}").status_code for n in range(5)]
    assert answers == [401] * 5
    slowed = guesser.login("li")
    assert slowed.status_code == 429 and int(slowed.headers["Retry-After"]) >= 1
    assert audited()[-1] == ("login", "user:li", "slowed")


def test_a_name_that_nobody_has_is_slowed_just_the_same(app):
    guesser = Browser(app)
    answers = [guesser.login("nobody", f"guess number {n}").status_code for n in range(6)]
    assert answers == [401] * 5 + [429]


def test_login_and_logout_are_audited_with_who_and_from_where(store, li, audited):
    li.post("/logout")
    acts = audited("li")
    assert acts[0] == ("login", "user:li", "ok") and acts[-1] == ("logout", "user:li", "ok")


def test_a_form_without_the_token_is_refused(app):
    stranger = Browser(app)
    answer = stranger.client.post("/login", data={"username": "li", "password": PASSWORD})
    assert answer.status_code == 400


def test_a_token_of_another_session_is_refused(browser):
    one, other = browser("li"), browser("wang")
    one.token = other.token
    assert one.send("POST", "/lock").json["error"] == "csrf"


def test_nobody_is_sent_to_a_foreign_place_after_the_login(app):
    for wanted in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\n/evil",
        "javascript:alert(1)",
    ):
        assert Browser(app).login("li", next=wanted).location == "/"


def test_the_language_is_kept_and_sends_nobody_away(li):
    answer = li.client.post(
        "/language",
        data={"csrf_token": li.token, "lang": "en"},
        headers={"Referer": "https://evil.example/x"},
    )
    assert (answer.status_code, answer.location) == (303, "/")
    assert '<html lang="en"' in li.see("/worklist")
