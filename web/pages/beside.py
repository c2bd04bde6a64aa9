"""What a reader does beside the report: grades the pictures, puts the study aside."""

from typing import Any

from flask import Blueprint, request

from hub.store.image_quality import NoReason, grade_pictures
from hub.store.put_aside import put_aside
from hub.store.tables import ImageQuality, User
from web.access import needs, note, person, study_for, the_store
from web.following import following
from web.pages.drafts import body
from web.text import clean
from web.words import refusal_words

pages = Blueprint("beside", __name__)


@pages.post("/studies/<int:study_id>/image-quality")
@needs("read")
def image_quality(study_id: int) -> dict[str, Any]:
    """Keep a grade of the pictures."""
    sent, who = body(), person()
    said = (str(sent.get("grade", ""))[:1], clean(str(sent.get("reason", ""))))
    with the_store().writing() as session:
        study_for(session, study_id)
        row = grade_pictures(session, who.scope, study_id, session.get_one(User, who.id), said)
        return {"imageQuality": grade_json(row)}


@pages.post("/studies/<int:study_id>/aside")
@needs("read")
def aside(study_id: int) -> dict[str, Any]:
    """Put the study aside and name the next one."""
    who = person()
    with the_store().writing() as session:
        study = study_for(session, study_id)
        put_aside(session, who.scope, study_id, session.get_one(User, who.id))
    note("aside", f"study:{study_id}", site=study.site.name)
    with the_store().reading() as session:
        return {"next": following(session, who, study)}


@pages.app_errorhandler(NoReason)
def no_reason(_error: NoReason) -> tuple[dict[str, Any], int]:
    """Ask for the reason; nothing was kept."""
    study_id = (request.view_args or {}).get("study_id", "")
    note("image-quality", f"study:{study_id}", "no-reason")
    return {"error": "no-grade-reason", "message": refusal_words("no-grade-reason")}, 422


def grade_json(row: ImageQuality | None) -> dict[str, str] | None:
    """Return a grade as the page reads it."""
    return {"grade": row.grade, "reason": row.reason, "by": row.user.display_name} if row else None
