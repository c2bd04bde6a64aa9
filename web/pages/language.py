"""Choosing the language of the pages."""

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, request
from sqlalchemy import update
from werkzeug.wrappers import Response

from hub.store import audit
from hub.store.tables import User
from web.access import entry, someone, the_store, wants_json
from web.language import LANGUAGES
from web.security import local_path
from web.sessions import the_session

pages = Blueprint("language", __name__)


@pages.post("/language")
def choose() -> Response | dict[str, str]:
    """Keep the choice with the account, or with the browser before the log-in."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    lang = str(sent.get("lang", "")) if isinstance(sent, Mapping) else ""
    if lang not in LANGUAGES:
        abort(400)
    who = someone()
    if who is None:
        the_session()["language"] = lang
    else:
        with the_store().writing() as writing:
            writing.execute(update(User).where(User.id == who.id).values(language=lang))
            audit.append(writing, entry("user", f"user:{who.username}", "language", detail=lang))
    return {"lang": lang} if wants_json() else redirect(_back(), 303)


def _back() -> str:
    """Return the page that asked, when it is one of ours."""
    referrer = request.referrer or ""
    here = request.host_url.rstrip("/")
    came_from = referrer.removeprefix(here) if referrer.startswith(f"{here}/") else None
    return local_path(request.form.get("next")) or local_path(came_from) or "/"
