"""Accounts: adding and editing people, their passwords, and their open log-ins."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.people import ROLES
from hub.domain.two_levels import TITLES
from hub.errors import NotYours, Refused
from hub.store import audit, sessions, users
from hub.store.sites import all_sites
from hub.store.tables import Site, User, UserSite
from web.access import entry, needs, note, person, the_settings, the_store
from web.refusal_words import told
from web.sessions import limits_of

pages = Blueprint("users", __name__)

LONGEST = 64


@pages.get("/users")
@needs("users")
def show() -> str:
    """List the accounts that this person may tend."""
    with the_store().reading() as session:
        found = [user for user in users.all_users(session) if _tends(session, user)]
        sites = {user.id: _sites_of(session, user) for user in found}
    note("view", "users")
    return render_template("users.html", users=found, sites=sites)


@pages.route("/users/new", methods=["GET", "POST"])
@needs("users")
def new() -> str | Response | tuple[str, int]:
    """Add an account."""
    if request.method == "GET":
        return _form(None)
    form = request.form
    try:
        with the_store().writing() as session:
            username, role = form.get("username", "").strip()[:LONGEST], form.get("role", "")
            if not username:
                raise Refused(_("请填写用户名。"))
            _need_length(form.get("password", ""))
            more = {"display_name": form.get("display_name", "").strip()[:LONGEST]}
            more["licence"] = form.get("licence", "").strip()[:32]
            more["title"] = _title("junior")
            user = users.add_user(session, username, role, form.get("password", ""), _chosen(session), **more)
            _change(session, user, "added")
    except Refused as refusal:
        return _form(None, told(refusal)), 422
    flash(_("已保存。"), "ok")
    return redirect("/users", 303)


@pages.route("/users/<int:user_id>", methods=["GET", "POST"])
@needs("users")
def edit(user_id: int) -> str | Response | tuple[str, int]:
    """Edit an account; a change of role, sites or password ends its log-ins."""
    with the_store().reading() as session:
        user = _mine(session, user_id)
    if request.method == "GET":
        return _form(user)
    try:
        with the_store().writing() as session:
            changed = _mine(session, user_id)
            _apply(session, changed)
            _change(session, changed, "edited")
    except Refused as refusal:
        return _form(user, told(refusal)), 422
    flash(_("已保存。"), "ok")
    return redirect("/users", 303)


@pages.post("/users/<int:user_id>/end-sessions")
@needs("users")
def end_sessions(user_id: int) -> Response:
    """End every log-in of an account, or the one named."""
    with the_store().writing() as session:
        user = _mine(session, user_id)
        one = request.form.get("login", "")
        mine = {row.id for row in sessions.logins_of(session, user.id, limits_of(the_settings()))}
        if not one:
            sessions.end_logins_of(session, user.id)
        elif one.isascii() and one.isdigit() and int(one) in mine:
            sessions.end_login(session, int(one))
        audit.append(session, entry("user", f"user:{user.username}", "sessions-ended"))
    flash(_("登录已结束。"), "ok")
    return redirect(f"/users/{user_id}", 303)


def _apply(session: Session, user: User) -> None:
    """Set what the form says; nobody takes their own access away by mistake."""
    form, role, active = request.form, request.form.get("role", ""), request.form.get("active") == "on"
    if user.id == person().id and (role != user.role or not active):
        raise Refused(_("不能停用自己的账号或更改自己的角色。"))
    if role not in ROLES:
        raise Refused(_("没有这个角色。"))
    before = (user.role, user.active, tuple(_sites_of(session, user)))
    user.display_name = form.get("display_name", "").strip()[:LONGEST] or user.username
    user.licence, user.role, user.active = form.get("licence", "").strip()[:32], role, active
    user.title = _title(user.title)
    users.set_sites(session, user, _chosen(session))
    if form.get("password"):
        _need_length(form["password"])
        users.set_password(session, user, form["password"])
    if before != (user.role, user.active, tuple(_sites_of(session, user))):
        sessions.end_logins_of(session, user.id)


def _chosen(session: Session) -> list[str]:
    """Return the sites that the form names; who sees some sites only can give away no others, nor all."""
    scope = person().scope
    allowed = {site.name for site in all_sites(session) if scope.covers(site.id)}
    names = [name for name in request.form.getlist("sites") if name in allowed]
    if not names and not scope.everywhere:
        raise Refused(_("请选择机构。"))
    return names


def _title(otherwise: str) -> str:
    title = request.form.get("title", otherwise)
    if title not in TITLES:
        raise Refused(_("没有这个职称。"))
    return title


def _need_length(password: str) -> None:
    if len(password) < users.SHORTEST_PASSWORD:
        raise Refused(_("密码至少 %(n)d 个字符。", n=users.SHORTEST_PASSWORD))


def _tends(session: Session, user: User) -> bool:
    """Tell whether the person may tend `user`: only when every site of theirs is one of the person's own."""
    scope = person().scope
    if scope.everywhere:
        return True
    ids = session.scalars(select(UserSite.site_id).where(UserSite.user_id == user.id)).all()
    return not user.all_sites and bool(ids) and all(scope.covers(site_id) for site_id in ids)


def _mine(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None or not _tends(session, user):
        raise NotYours(f"user:{user_id}")
    return user


def _sites_of(session: Session, user: User) -> Sequence[Site]:
    asked = select(Site).join(UserSite, UserSite.site_id == Site.id).where(UserSite.user_id == user.id)
    return session.scalars(asked.order_by(Site.name)).all()


def _change(session: Session, user: User, how: str) -> None:
    where = ",".join(site.name for site in _sites_of(session, user)) or "all sites"
    password = " password" if request.form.get("password") else ""
    said = f"{user.role} {user.title} {where}{password}{'' if user.active else ' inactive'}"
    audit.append(session, entry("user", f"user:{user.username}", how, detail=said))


def _form(user: User | None, error: str = "") -> str:
    limits: Any = limits_of(the_settings())
    with the_store().reading() as session:
        sites = [site for site in all_sites(session) if person().scope.covers(site.id)]
        mine = {site.name for site in _sites_of(session, user)} if user else set()
        mine = set(request.form.getlist("sites")) if error else mine
        logins = sessions.logins_of(session, user.id, limits) if user else []
    if user is not None:
        note("view", f"user:{user.username}")
    return render_template(
        "user.html", user=user, error=error, sites=sites, mine=mine, logins=logins, roles=ROLES,
        titles=TITLES,
        said=request.form, active=request.form.get("active") == "on" if error else user and user.active,
        shortest=users.SHORTEST_PASSWORD,
    )  # fmt: skip
