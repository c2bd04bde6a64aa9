"""Setting values of an ECG beside the machine's, for the reading page's script."""

from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _

from hub.domain.ecg_edit import edit_from
from hub.store.cases import whole_case
from hub.store.ecg_edits import EditChanged, Setting, save_edit
from hub.store.signing import shown_of, token_of
from hub.store.tables import User
from web.access import needs, note, person, study_for, the_store
from web.case_json import edit_json, suggestion_json
from web.pages.drafts import body

pages = Blueprint("ecg_edits", __name__)


@pages.put("/studies/<int:study_id>/ecg-edit")
@needs("read")
def save(study_id: int) -> dict[str, Any]:
    """Keep what was set on one recording over version `base`; the answer has the suggestion that follows."""
    who = person()
    with the_store().writing() as session:
        study = study_for(session, study_id)
        row = save_edit(session, who.scope, study_id, session.get_one(User, who.id), _setting(body()))
        suggested = suggestion_json(whole_case(session, who.scope, study))
        shown = token_of(shown_of(session, study))
        return {"edit": edit_json(row), "suggestion": suggested, "shown": shown}


@pages.errorhandler(EditChanged)
def edit_changed(_error: EditChanged) -> tuple[dict[str, str], int]:
    """Say that somebody else was faster; nothing was kept."""
    note("ecg-edit", "ecg-edit", "changed")
    message = _("测量值已在别处被修改，这次修改没有保存。请重新载入。")
    return {"error": "edit-changed", "message": message}, 409


def _setting(sent: dict[str, Any]) -> Setting:
    instance, base = sent.get("instance"), sent.get("base")
    if not isinstance(instance, str) or not isinstance(base, int) or isinstance(base, bool) or base < 0:
        abort(400)
    try:
        return Setting(instance, base, edit_from(sent.get("marks"), sent.get("typed"), sent.get("moved", [])))
    except ValueError:
        abort(400)
