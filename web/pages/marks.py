"""Saving what a reader drew on the pictures, for the reading page's script."""

from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _

from hub.domain.mark import key_images_from, marks_from
from hub.store.markings import Drawn, MarksChanged, save_marks
from hub.store.tables import User
from web.access import needs, person, study_for, the_store
from web.marking_json import marking_json
from web.pages.drafts import body

pages = Blueprint("marks", __name__)


@pages.put("/studies/<int:study_id>/marks")
@needs("read")
def save(study_id: int) -> dict[str, Any]:
    """Save all marks and key images over version `base`; 409 shows those that stand there instead."""
    who = person()
    with the_store().writing() as session:
        study_for(session, study_id)
        drawn, user = _drawn(body()), session.get_one(User, who.id)
        return marking_json(save_marks(session, who.scope, study_id, user, drawn))


@pages.errorhandler(MarksChanged)
def marks_changed(error: MarksChanged) -> tuple[dict[str, Any], int]:
    """Hand over the marks that stand there, so that both can be joined."""
    message = _("标记已在别处被修改。")
    return {"error": "marks-changed", "marking": marking_json(error.standing), "message": message}, 409


def _drawn(sent: dict[str, Any]) -> Drawn:
    base = sent.get("base")
    if not isinstance(base, int) or isinstance(base, bool) or base < 0:
        abort(400)
    try:
        return Drawn(base, marks_from(sent.get("marks")), key_images_from(sent.get("keyImages")))
    except ValueError:
        abort(400)
