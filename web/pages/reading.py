"""The reading page and the case that it draws."""

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from hub.store import audit, sessions
from hub.store.cases import next_case, whole_case
from hub.store.signing import shown_of, token_of
from hub.store.tables import Site
from web.access import Person, entry, needs, person, study_for, the_store
from web.case_json import case_json, instant
from web.pictures import PAGE_LOAD_MINUTES

pages = Blueprint("reading", __name__)


@pages.get("/studies/<int:study_id>")
@needs("worklist")
def reading(study_id: int) -> str:
    """Show the empty reading page; its script asks for the case, and that is the view that counts."""
    with the_store().reading() as session:
        study_for(session, study_id)
    return render_template("reading.html", study_id=study_id)


@pages.get("/studies/<int:study_id>/case.json")
@needs("worklist")
def case(study_id: int) -> dict[str, Any]:
    """Return the case. One load of it is one view of the study, pictures included."""
    who = person()
    with the_store().reading() as session:
        study = study_for(session, study_id)
        found = case_json(whole_case(session, study), who)
        found["shown"] = token_of(shown_of(session, study))
        following = next_case(session, who.scope, who.id, study) if who.may("read") else None
        found["next"] = f"/studies/{following}" if following else None
    with the_store().writing() as session:
        audit.append(session, entry("view", f"study:{study_id}", site=study.site.name, detail="case"))
        sessions.first_view(session, who.login.id, study_id, PAGE_LOAD_MINUTES)
        found["signing"] = _signing(session, who, study.site)
    return found


def _signing(session: Session, who: Person, site: Site) -> dict[str, Any]:
    """Return until when signatures need no password; opening a case is activity."""
    until = sessions.prolong_signing(session, who.login, site.signing_minutes)
    return {"openUntil": instant(until), "everySignature": site.signing_minutes <= 0}
