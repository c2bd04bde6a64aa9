"""Screening campaigns: the list, a campaign's counts, and what an administrator opens and closes."""

from datetime import date, datetime, time, timedelta

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.domain.screening import checked_days, checked_name, checked_percent
from hub.errors import Refused
from hub.store.af_found import af_found
from hub.store.campaigns import Plan, add_campaign, campaign_for, campaigns_in, close_campaign, sites_of
from hub.store.re_reads import disagreements, next_re_read, settle
from hub.store.screening import counts_of, waiting_in
from hub.store.tables import Campaign, User
from hub.store.worklist import sites_in
from web.access import address, needs, note, person, the_settings, the_store
from web.patients import years_old
from web.refusal_words import told
from web.text import clean
from web.words import PLACES

pages = Blueprint("screening", __name__)

#: Of each hundred confirmed ones so many are read again where nobody says otherwise.
USUAL_PERCENT = 5
#: Rows of the list of those that are read one by one.
MOST_SINGLE = 200


@pages.get("/screening")
@needs("screening")
def show() -> str:
    """List the campaigns of the person's sites with their counts."""
    scope = person().scope
    with the_store().reading() as session:
        lines = [(one, counts_of(session, scope, one), days_of(one)) for one in campaigns_in(session, scope)]
    note("view", "screening")
    return render_template("screening.html", lines=lines)


@pages.route("/screening/new", methods=["GET", "POST"])
@needs("campaigns")
def new() -> str | Response | tuple[str, int]:
    """Open a campaign."""
    error = ""
    if request.method == "POST":
        try:
            with the_store().writing() as session:
                user = session.get_one(User, person().id)
                campaign = add_campaign(session, person().scope, user, _plan(), address())
        except Refused as refusal:
            error = told(refusal)
        else:
            return redirect(f"/screening/{campaign.id}", 303)
    with the_store().reading() as session:
        sites = sites_in(session, person().scope)
    today = datetime.now(the_settings().zone).date().isoformat()
    note("view", "screening", detail="new")
    page = render_template(
        "campaign_new.html", sites=sites, error=error, said=request.form, today=today, usual=USUAL_PERCENT,
        chosen=request.form.getlist("site"),
    )  # fmt: skip
    return (page, 422) if error else page


@pages.get("/screening/<int:campaign_id>")
@needs("screening")
def campaign_page(campaign_id: int) -> str:
    """Show where each study of a campaign is, and what there is to do."""
    who = person()
    with the_store().reading() as session:
        campaign = campaign_for(session, who.scope, campaign_id)
        counts, sites = counts_of(session, who.scope, campaign), sites_of(session, who.scope, campaign)
        singles = waiting_in(session, who.scope, campaign, "single")
        mine = next_re_read(session, who.scope, campaign, who.id) is not None
        against = disagreements(session, who.scope, campaign) if who.may("settle") else []
        found = len(af_found(session, who.scope, campaign))
    note("view", f"campaign:{campaign_id}")
    return render_template(
        "campaign.html", campaign=campaign, counts=counts, sites=sites, singles=singles[:MOST_SINGLE],
        re_reads_mine=mine, against=against, found=found, days=days_of(campaign), places=PLACES,
        age=years_old,
    )  # fmt: skip


@pages.post("/screening/<int:campaign_id>/close")
@needs("campaigns")
def close(campaign_id: int) -> Response:
    """End a campaign."""
    with the_store().writing() as session:
        user = session.get_one(User, person().id)
        close_campaign(session, person().scope, campaign_id, user, address())
    flash(_("活动已结束，不再分发新的筛查页。"), "ok")
    return redirect(f"/screening/{campaign_id}", 303)


@pages.post("/screening/<int:campaign_id>/settle/<int:study_id>")
@needs("settle")
def give_verdict(campaign_id: int, study_id: int) -> Response:
    """Say which of two doctors was right."""
    verdict, who = request.form.get("verdict", "")[:16], person()
    try:
        with the_store().writing() as session:
            campaign = campaign_for(session, who.scope, campaign_id)
            settle(session, who.scope, campaign, session.get_one(User, who.id), (study_id, verdict))
    except Refused as refusal:
        flash(told(refusal), "warn")
    else:
        flash(_("裁定已保存。若首诊报告有误，请在阅片页补充报告。"), "ok")
    return redirect(f"/screening/{campaign_id}", 303)


def days_of(campaign: Campaign) -> tuple[date, date]:
    """Return a campaign's first and last day in the county's time."""
    zone = the_settings().zone
    last = campaign.until.astimezone(zone) - timedelta(days=1)
    return campaign.since.astimezone(zone).date(), last.date()


def _plan() -> Plan:
    said, zone = request.form, the_settings().zone
    first, last = checked_days(said.get("begins", "")[:10], said.get("ends", "")[:10])
    sites = (one for one in said.getlist("site") if one.isascii() and one.isdigit() and len(one) < 10)
    return Plan(
        name=checked_name(clean(said.get("name", ""))[:200]),
        since=datetime.combine(first, time(), zone),
        until=datetime.combine(last + timedelta(days=1), time(), zone),
        sites=tuple(map(int, sites)),
        re_read_percent=checked_percent(said.get("percent", "").strip()),
    )
