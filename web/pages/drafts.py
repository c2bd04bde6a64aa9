"""Saving drafts and holding a claim, for the reading page's script."""

from typing import Any

from flask import Blueprint, abort, request
from flask_babel import gettext as _

from hub.domain.report import ReportText
from hub.store import audit, claims, sessions
from hub.store.claims import Claimed, OtherKind
from hub.store.drafts import DraftChanged, Saving, save_draft
from hub.store.signing import shown_of, token_of
from hub.store.signing_rights import LONGEST_TEXT
from hub.store.tables import User
from web.access import entry, needs, note, person, study_for, the_store
from web.case_json import claim_json, draft_json, instant
from web.text import clean
from web.words import refusal_words

pages = Blueprint("drafts", __name__)

PARTS = ("findings", "impression", "advice", "addendum")


@pages.put("/studies/<int:study_id>/draft")
@needs("read")
def save(study_id: int) -> dict[str, Any]:
    """Save the draft over version `base`; 409 shows the draft that stands there instead, 423 who reads."""
    sent, who = body(), person()
    base = sent.get("base")
    if not isinstance(base, int) or isinstance(base, bool) or base < 0:
        abort(400)
    with the_store().writing() as session:
        study_for(session, study_id)
        user = session.get_one(User, who.id)
        draft = save_draft(session, who.scope, study_id, user, Saving(text_of(sent), base))
        study = study_for(session, study_id)
        sessions.prolong_signing(session, who.login, study.site.signing_minutes)
        shown = token_of(shown_of(session, study))
    return {"version": draft.version, "savedAt": instant(draft.saved_at), "shown": shown}


@pages.post("/studies/<int:study_id>/claim")
@needs("read")
def take(study_id: int) -> dict[str, Any]:
    """Say that this person reads the study; with takeOver also when somebody else did."""
    who, over = person(), body().get("takeOver") is True
    with the_store().writing() as session:
        study_for(session, study_id)
        claim = claims.take(session, who.scope, study_id, session.get_one(User, who.id), over)
    return {"claim": claim_json(claim, who)}


@pages.delete("/studies/<int:study_id>/claim")
@needs("read")
def give_back(study_id: int) -> dict[str, Any]:
    """Give the study back to the list."""
    who = person()
    with the_store().writing() as session:
        study_for(session, study_id)
        claims.give_back(session, who.scope, study_id, session.get_one(User, who.id))
    return {"claim": None}


@pages.app_errorhandler(DraftChanged)
def draft_changed(error: DraftChanged) -> tuple[dict[str, Any], int]:
    """Hand over the draft that stands there, so that both texts can be shown."""
    message = _("草稿已在别处被修改。")
    return {"error": "draft-changed", "draft": draft_json(error.draft), "message": message}, 409


@pages.app_errorhandler(OtherKind)
def other_kind(_error: OtherKind) -> tuple[dict[str, Any], int]:
    """Say that this role writes no such reports; the refusal is audited."""
    study_id = (request.view_args or {}).get("study_id", "")
    note("draft", f"study:{study_id}", "other-kind")
    return {"error": "other-kind", "message": refusal_words("other-kind")}, 422


@pages.app_errorhandler(Claimed)
def claimed(error: Claimed) -> tuple[dict[str, Any], int]:
    """Name who reads the study; the refusal is audited."""
    study_id = (request.view_args or {}).get("study_id", "")
    with the_store().writing() as session:
        audit.append(session, entry("claim", f"study:{study_id}", "refused", detail=request.endpoint or ""))
    message = _("%(name)s 正在阅片。", name=error.by)
    return {"error": "claimed", "by": error.by, "message": message}, 423


def body() -> dict[str, Any]:
    """Return the JSON object that was sent, or answer 400."""
    try:
        sent = request.get_json(silent=True)
    except RecursionError:
        abort(400)
    if not isinstance(sent, dict):
        abort(400)
    return sent


def text_of(sent: dict[str, Any]) -> ReportText:
    """Return the report text that was sent; 400 for anything that is none, 413 for too much of it."""
    parts = {name: sent.get(name, "") for name in PARTS}
    if not all(isinstance(value, str) for value in parts.values()):
        abort(400)
    if any(len(value) > LONGEST_TEXT for value in parts.values()):
        abort(413)
    return ReportText(**{name: clean(value) for name, value in parts.items()})
