"""The reading page and the case that it draws."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from hub.store import audit, sessions
from hub.store.cases import whole_case
from hub.store.critical_notices import notices_of
from hub.store.first_impressions import are_hidden, keep_first_impression
from hub.store.image_quality import grade_of
from hub.store.markings import latest_marking, standing
from hub.store.put_aside import aside_of, take_up
from hub.store.signing import shown_of, token_of
from hub.store.tables import Site, User
from hub.store.written import last_written
from web.access import Person, entry, needs, person, study_for, the_store
from web.case_json import case_json, instant
from web.following import campaign_asked, following
from web.marking_json import marking_json
from web.notice_json import notice_json
from web.pages.beside import grade_json
from web.pages.drafts import body
from web.pictures import PAGE_LOAD_MINUTES
from web.review_json import held_back, review_json
from web.text import clean

pages = Blueprint("reading", __name__)


@pages.get("/studies/<int:study_id>")
@needs("worklist")
def reading(study_id: int) -> str:
    """Show the empty reading page; its script asks for the case, and that is the view that counts."""
    with the_store().reading() as session:
        study_for(session, study_id)
    return render_template("reading.html", study_id=study_id, campaign=campaign_asked())


@pages.get("/studies/<int:study_id>/case.json")
@needs("worklist")
def case(study_id: int) -> dict[str, Any]:
    """Return the case. One load of it is one view of the study, pictures included."""
    who = person()
    with the_store().reading() as session:
        study = study_for(session, study_id)
        whole, hidden = whole_case(session, who.scope, study), are_hidden(session, study)
        found = case_json(replace(whole, pre_reads=()) if hidden else whole, who)
        found["aiHidden"] = hidden
        found["imageQuality"] = grade_json(grade_of(session, study.id))
        found["aside"] = [
            f"/studies/{one}" for one in aside_of(session, who.scope, who.id) if one != study.id
        ]
        found["review"] = review_json(whole, last_written(session, study.id), who)
        found["rights"] |= held_back(found["review"], who)
        found["critical"] = [notice_json(one) for one in notices_of(session, study_id)]
        found["marking"] = marking_json(standing(latest_marking(session, study_id)))
        found["shown"] = token_of(shown_of(session, study))
        found["next"] = following(session, who, study) if who.may("read") else None
    with the_store().writing() as session:
        audit.append(session, entry("view", f"study:{study_id}", site=study.site.name, detail=_how()))
        if not _is_ahead():
            take_up(session, study_id, who.id)
        sessions.first_view(session, who.login.id, study_id, PAGE_LOAD_MINUTES)
        found["signing"] = _signing(session, who, study.site)
    return found


@pages.post("/studies/<int:study_id>/first-impression")
@needs("read")
def first_impression(study_id: int) -> dict[str, Any]:
    """Keep what the reader thinks before the models are shown; the next case.json shows them."""
    who = person()
    with the_store().writing() as session:
        study_for(session, study_id)
        text = body().get("text")
        if not isinstance(text, str):
            abort(400)
        user = session.get_one(User, who.id)
        keep_first_impression(session, who.scope, study_id, user, clean(text))
    return {"kept": True}


def _how() -> str:
    """Return whether the case is opened, or fetched ahead while another one is read, for the trail."""
    return "ahead" if _is_ahead() else "case"


def _is_ahead() -> bool:
    return request.args.get("ahead") == "1"


def _signing(session: Session, who: Person, site: Site) -> dict[str, Any]:
    """Return until when signatures need no password; opening a case is activity."""
    until = sessions.prolong_signing(session, who.login, site.signing_minutes)
    return {"openUntil": instant(until), "everySignature": site.signing_minutes <= 0}
