"""Who asks, what they may do, and the audit row that every answer leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.audit import AuditEntry
from hub.domain.people import may
from hub.domain.scope import Scope
from hub.domain.two_levels import may_sign
from hub.errors import NotYours
from hub.settings import Settings
from hub.store import Store, audit
from hub.store.cases import case_for
from hub.store.sessions import Login, touch
from hub.store.tables import Study
from web.sessions import the_session

#: What may be asked without a log-in; everything else needs one.
PUBLIC = frozenset(
    {
        "static",
        "login.login",
        "language.choose",
        "health.healthz",
        "health.readyz",
        "verify.ask",
        "verify.verify",
    }
)
#: Asked by an open page on its own: no sign that anybody sits there.
BACKGROUND = frozenset({"events.events", "worklist.changes", "worklist.rows", "inbox.notices"})
#: Longest value of the audit's `thing` and `detail`.
LONGEST_THING, LONGEST_DETAIL = 160, 500

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Person:
    """Who is logged in, for this request."""

    id: int
    username: str
    name: str
    role: str
    licence: str
    title: str
    language: str
    scope: Scope
    login: Login

    def may(self, act: str) -> bool:
        """Tell whether this person's role allows `act`."""
        return may(self.role, act)

    @property
    def signs(self) -> bool:
        """Tell whether role and title allow signatures."""
        return may_sign(self.role, self.title)


def the_store() -> Store:
    """Return the hub's rows and files."""
    return cast(Store, current_app.extensions["hub"])


def the_settings() -> Settings:
    """Return the hub's settings."""
    return the_store().settings


def someone() -> Person | None:
    """Return who is logged in, or None."""
    return cast("Person | None", g.get("person"))


def person() -> Person:
    """Return who is logged in; only for pages that need a log-in."""
    found = someone()
    if found is None:
        abort(401)
    return found


def guard(app: Flask) -> None:
    """Refuse every request without a log-in but those in PUBLIC."""
    app.before_request(_know_person)
    app.before_request(_need_login)


def needs(act: str) -> Callable[[View], View]:
    """Let only those pass whose role may do `act`; the others get 404 for a thing and 403 for a page."""

    def guarded(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if not person().may(act):
                note("view", request.path, "forbidden")
                abort(404 if request.view_args else 403)
            return view(*args, **kwargs)

        return cast(View, checked)

    return guarded


def wants_json() -> bool:
    """Tell whether a script asks, which wants JSON for an error, not a page."""
    fetched = request.headers.get("X-Requested-With") == "fetch" or "X-CSRFToken" in request.headers
    return fetched or request.accept_mimetypes.best == "application/json" or request.path.endswith(".json")


def entry(act: str, thing: str, outcome: str = "ok", **more: str) -> AuditEntry:
    """Return an audit entry for the person who asks; `more` may give site and detail."""
    who = someone()
    g.audited = True
    return audit.entry(
        act, thing[:LONGEST_THING], outcome,
        actor=who.username[:64] if who else "", role=who.role if who else "",
        site=more.get("site", ""), address=address(), detail=more.get("detail", "")[:LONGEST_DETAIL],
    )  # fmt: skip


def note(act: str, thing: str, outcome: str = "ok", **more: str) -> None:
    """Write the audit row of an act that changes nothing, before its answer is sent."""
    audit.note(the_store(), entry(act, thing, outcome, **more))


def address() -> str:
    """Return from where the request comes."""
    return (request.remote_addr or "")[:64]


def study_for(database: Session, study_id: int) -> Study:
    """Return a study that the person may see; a quarantined one only for those who tend the quarantine.

    Raises NotYours.
    """
    who = person()
    study = case_for(database, who.scope, study_id)
    if study.state in ("quarantined", "rejected") and not who.may("quarantine"):
        raise NotYours(f"study:{study_id}")
    return study


def _know_person() -> None:
    fault, login = the_session().fault, the_session().login
    if fault is not None:
        raise fault
    if login is None:
        return
    user = login.user
    g.person = Person(
        user.id,
        user.username,
        user.display_name,
        user.role,
        user.licence,
        user.title,
        user.language,
        login.scope,
        login,
    )
    if login.needs_touch and request.endpoint not in BACKGROUND:
        with the_store().writing() as writing:
            touch(writing, login.id)


def _need_login() -> Response | tuple[dict[str, str], int] | None:
    if request.routing_exception is not None or request.endpoint in PUBLIC or someone() is not None:
        return None
    from flask_babel import gettext as _

    g.refusal = "no-login"
    if wants_json() or request.method != "GET" or request.path.startswith("/dicom-web"):
        return {"error": "login", "message": _("登录已过期，请重新登录。")}, 401
    expired = {"expired": "1"} if the_session().had_cookie else {}
    here = request.full_path.rstrip("?")
    query = {"next": here if here != "/" else None} | expired
    return redirect(url_for("login.login", **query), 303)  # type: ignore[arg-type]
