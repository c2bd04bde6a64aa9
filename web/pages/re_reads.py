"""Blind re-reading: one drawn ECG at a time, without the first doctor's report and without the models."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.errors import Refused
from hub.store.campaigns import campaign_for
from hub.store.re_reads import keep_re_read, next_re_read, re_reads_waiting
from hub.store.tables import User
from web.access import needs, note, person, the_store
from web.patients import sex_words, years_old
from web.refusal_words import told
from web.text import clean

pages = Blueprint("re_reads", __name__)


@pages.get("/screening/<int:campaign_id>/re-read")
@needs("screening")
@needs("read")
def show(campaign_id: int) -> str:
    """Show the next drawn ECG that this doctor has not read."""
    return _page(campaign_id)


@pages.post("/screening/<int:campaign_id>/re-read/<int:study_id>")
@needs("screening")
@needs("read")
def keep(campaign_id: int, study_id: int) -> Response | tuple[str, int]:
    """Keep what the second doctor says of it, and go on to the next."""
    who, normal = person(), request.form.get("normal") == "yes"
    statement = clean(request.form.get("statement", "")[:2000])
    try:
        with the_store().writing() as session:
            campaign = campaign_for(session, who.scope, campaign_id)
            said = (study_id, normal, "" if normal else statement)
            keep_re_read(session, who.scope, campaign, session.get_one(User, who.id), said)
    except Refused as refusal:
        note("screen", f"study:{study_id}", "refused", detail=f"campaign:{campaign_id} re-read")
        return _page(campaign_id, told(refusal), statement), 422
    flash(_("复读已保存。"), "ok")
    return redirect(f"/screening/{campaign_id}/re-read", 303)


def _page(campaign_id: int, error: str = "", statement: str = "") -> str:
    who = person()
    with the_store().reading() as session:
        campaign = campaign_for(session, who.scope, campaign_id)
        study = next_re_read(session, who.scope, campaign, who.id)
        waiting = re_reads_waiting(session, who.scope, campaign)
    if study is None:
        note("view", f"campaign:{campaign_id}", detail="re-read")
    else:
        note("view", f"study:{study.id}", site=study.site.name, detail=f"campaign:{campaign_id} re-read")
    return render_template(
        "re_read.html", campaign=campaign, study=study, waiting=waiting, error=error, statement=statement,
        age=years_old, sex=sex_words,
    )  # fmt: skip
