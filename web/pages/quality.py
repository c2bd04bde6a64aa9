"""How the models do at each site: against its signed reports, and whether anything drifts; own thresholds."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.agreement import WORDS
from hub.domain.drift import Week
from hub.domain.finding import probability_words
from hub.errors import NotYours, Refused
from hub.store.agreements import disagreements, table_of
from hub.store.drift import drift_of
from hub.store.sites import all_sites
from hub.store.tables import Site, User
from hub.store.thresholds import history_of, set_threshold, thresholds_of
from web.access import needs, note, person, the_store
from web.quality_words import VERDICTS, finding_name, measure_name, model_name
from web.refusal_words import told

pages = Blueprint("quality", __name__)

#: The drawing's size in its own units, and the room for the lowest and highest value.
WIDE, HIGH, ROOM = 320, 72, 6


@pages.get("/quality")
@needs("quality")
def show() -> str:
    """Show the table by site and finding, and where model and report contradict each other."""
    scope = person().scope
    with the_store().reading() as session:
        lines = table_of(session, scope)
        own = thresholds_of(session, [line.site.id for line in lines])
        against = disagreements(session, scope)
        sites = [site for site in all_sites(session) if scope.covers(site.id)]
    note("view", "quality")
    return render_template(
        "quality.html", lines=lines, own=own, against=against, sites=sites, finding_name=finding_name,
        probability_words=probability_words,
    )  # fmt: skip


@pages.get("/quality/drift")
@needs("quality")
def drift() -> str:
    """Show the scores and inputs of one site week by week."""
    with the_store().reading() as session:
        sites = [site for site in all_sites(session) if person().scope.covers(site.id)]
        wanted = request.args.get("site", "")[:64]
        site = next((site for site in sites if site.name == wanted), sites[0] if sites else None)
        if wanted and (site is None or site.name != wanted):
            raise NotYours(f"site:{wanted}")
        series = drift_of(session, site) if site else []
    note("view", "drift", site=site.name if site else "")
    charts = [(one, _chart(one.weeks)) for one in series]
    return render_template(
        "drift.html", site=site, sites=sites, charts=charts, measure_name=measure_name, model_name=model_name,
        verdicts=VERDICTS,
    )  # fmt: skip


@pages.route("/quality/<int:site_id>/<finding>", methods=["GET", "POST"])
@needs("quality")
def threshold(site_id: int, finding: str) -> str | Response | tuple[str, int]:
    """Show how a site's threshold came to be, and set it: by a named person, with a reason."""
    if finding not in WORDS:
        abort(404)
    error = ""
    if request.method == "POST":
        if not person().may("sites"):
            note("threshold", f"site:{site_id}", "forbidden")
            abort(404)
        try:
            with the_store().writing() as session:
                user = session.get_one(User, person().id)
                reason = request.form.get("reason", "")[:500]
                set_threshold(session, _mine(session, site_id), finding, _value(), (user, reason))
        except Refused as refusal:
            error = told(refusal)
        else:
            flash(_("已保存，从下一次预读起生效。"), "ok")
            return redirect(f"/quality/{site_id}/{finding}", 303)
    with the_store().reading() as session:
        site = _mine(session, site_id)
        history = history_of(session, site_id, finding)
    note("view", f"threshold:{site.name}", detail=finding)
    page = render_template(
        "threshold.html", site=site, finding=finding, history=history, error=error,
        finding_name=finding_name, said=request.form,
    )  # fmt: skip
    return (page, 422) if error else page


def _mine(session: Session, site_id: int) -> Site:
    site = session.get(Site, site_id)
    if site is None or not person().scope.covers(site_id):
        raise NotYours(f"site:{site_id}")
    return site


def _value() -> float | None:
    """Return the number that was sent; None gives the model's own threshold back."""
    if request.form.get("own") == "on":
        return None
    try:
        return float(request.form.get("value", ""))
    except ValueError:
        raise Refused("a threshold lies between 0 and 1") from None


@dataclass(frozen=True)
class Chart:
    """A week-by-week drawing: a band from the 10th to the 90th percentile, the medians, and their dots."""

    band: str
    middle: str
    dots: tuple[tuple[float, float, Week], ...]
    least: float
    most: float
    wide: int = WIDE
    high: int = HIGH


def _chart(weeks: list[Week]) -> Chart:
    least, most = min(week.low for week in weeks), max(week.high for week in weeks)
    span = (most - least) or 1.0
    step = (WIDE - 2 * ROOM) / max(1, len(weeks) - 1)

    def place(number: int, value: float) -> tuple[float, float]:
        up = (value - least) / span * (HIGH - 2 * ROOM)
        return round(ROOM + number * step, 1), round(HIGH - ROOM - up, 1)

    highs = [place(number, week.high) for number, week in enumerate(weeks)]
    lows = [place(number, week.low) for number, week in enumerate(weeks)]
    middles = [place(number, week.middle) for number, week in enumerate(weeks)]
    dots = tuple((x, y, week) for (x, y), week in zip(middles, weeks, strict=True))
    return Chart(_points(highs + lows[::-1]), _points(middles), dots, least, most)


def _points(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
