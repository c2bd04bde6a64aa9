"""Logging in and out, and closing the window for signing."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.store import audit, users
from hub.store.sessions import close_signing, end_login, open_login
from hub.store.tables import User
from web.access import address, entry, note, person, someone, the_store, wants_json
from web.refused import refuse_stranger, strangers
from web.security import local_path
from web.sessions import the_session

pages = Blueprint("login", __name__)

LONGEST_NAME, LONGEST_PASSWORD = 64, 1024


@dataclass(frozen=True)
class Attempt:
    """What came of checking a password: the user when it fits, else the seconds to wait, if any."""

    user: User | None
    wait: int = 0


@pages.route("/login", methods=["GET", "POST"])
def login() -> Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Ask for name and password; a right one rotates the session."""
    wanted = local_path(request.values.get("next"))
    if request.method == "GET":
        if someone() is not None:
            return redirect(wanted or "/", 303)
        return _form(wanted)
    username = request.form.get("username", "").strip()[:LONGEST_NAME]
    attempt = check_password(username, request.form.get("password", "")[:LONGEST_PASSWORD])
    if attempt.user is not None:
        _enter(attempt.user)
        return redirect(wanted or "/", 303)
    if attempt.wait:
        sentence = ngettext(
            "尝试次数过多，请 %(num)d 秒后再试。", "尝试次数过多，请 %(num)d 秒后再试。", attempt.wait
        )
        return _form(wanted, username, sentence), 429, {"Retry-After": str(attempt.wait)}
    return _form(wanted, username, _("用户名或密码不正确。")), 401


@pages.post("/logout")
def logout() -> Response:
    """End this log-in."""
    who = person()
    with the_store().writing() as writing:
        end_login(writing, who.login.id)
        audit.append(writing, entry("logout", f"user:{who.username}"))
    the_session().forget()
    return redirect("/login", 303)


@pages.post("/lock")
def lock() -> Response | dict[str, bool]:
    """Close the window for signing: the next signature asks for the password."""
    who = person()
    with the_store().writing() as writing:
        close_signing(writing, who.login.id)
        audit.append(writing, entry("lock", f"user:{who.username}"))
    if wants_json():
        return {"locked": True}
    flash(_("签名窗口已关闭，下次签名需要输入密码。"), "ok")
    return redirect(local_path(request.form.get("next")) or "/", 303)


def check_password(username: str, password: str, act: str = "login") -> Attempt:
    """Check a password and account for a wrong one in the audit trail.

    The attempt is counted as failed before it is looked at, so that many at once are not many free guesses;
    argon2 runs outside any transaction. An account's wrong passwords are rows, which the slowing down bounds;
    what nothing bounds (attempts while it is slowed, names that nobody has) is counted.
    """
    store = the_store()
    with store.writing() as writing:
        user = _locked(writing, username)
        counted = user or users.guess_of(writing, username)
        wait = users.seconds_to_wait(counted)
        if not wait:
            users.record_attempt(counted, succeeded=False)
    if wait:
        _note_slowed(act, username)
        return Attempt(None, wait)
    fits = users.password_fits(user, password)
    with store.writing() as writing:
        known = _locked(writing, username)
        if fits and known is not None and known.active:
            users.record_attempt(known, succeeded=True)
            return Attempt(known)
        if known is not None:
            audit.append(writing, entry(act, f"user:{username}", "wrong-password"))
    if known is None:
        _count_unknown(username)
    return Attempt(None)


def _note_slowed(act: str, username: str) -> None:
    if someone() is not None:
        note(act, f"user:{username}", "slowed")
    else:
        refuse_stranger("slowed", f"user:{username}")


def _count_unknown(username: str) -> None:
    """The count is written at once: a quicker answer than an account's would tell which names exist."""
    refuse_stranger("wrong-password (no account)", f"user:{username}", "no account")
    strangers().write()


def _locked(session: Session, username: str) -> User | None:
    """Return the account, with other attempts on it waiting until this one is counted."""
    user = users.user_named(session, username)
    if user is not None:
        session.refresh(user, with_for_update=True)
    return user


def _enter(user: User) -> None:
    """Start a log-in of `user` under a new token; whoever was logged in here before is logged out."""
    before = someone()
    with the_store().writing() as writing:
        if before is not None:
            end_login(writing, before.login.id)
        token = open_login(writing, user, address())
        who = {"actor": user.username, "role": user.role, "address": address()}
        audit.append(writing, audit.entry("login", f"user:{user.username}", **who))
    the_session().start(token)


def _form(wanted: str | None, username: str = "", error: str = "") -> str:
    expired = request.method == "GET" and request.args.get("expired") == "1"
    return render_template("login.html", next=wanted, username=username, error=error, expired=expired)
