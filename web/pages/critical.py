"""Critical notices: a reader tells the site, somebody there says that they know."""

from typing import Any

from flask import Blueprint, abort, flash, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.store.critical_notices import Word, acknowledge, give_notice
from hub.store.tables import User
from web.access import address, needs, person, study_for, the_store
from web.notice_json import notice_json
from web.pages.drafts import body
from web.text import clean

pages = Blueprint("critical", __name__)


@pages.post("/studies/<int:study_id>/critical")
@needs("read")
def tell(study_id: int) -> dict[str, Any]:
    """Tell the site of the study; its inbox shows it on top until somebody there says that they know."""
    who = person()
    with the_store().writing() as session:
        study_for(session, study_id)
        words = body().get("words")
        if not isinstance(words, str):
            abort(400)
        word = Word(session.get_one(User, who.id), clean(words), address())
        return notice_json(give_notice(session, who.scope, study_id, word))


@pages.post("/inbox/notices/<int:notice_id>")
@needs("inbox")
def known(notice_id: int) -> Response:
    """Keep who at the site knows of a critical value, and since when."""
    who = person()
    with the_store().writing() as session:
        acknowledge(session, who.scope, notice_id, session.get_one(User, who.id), address())
    flash(_("已确认收到危急值，请立即处理患者。"), "ok")
    return redirect("/inbox", 303)
