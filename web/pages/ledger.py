"""The ledger of returns: each version, each destination, and the proof that there is."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.domain.delivery import DELIVERY_STATES, RED_FROM_FAILURE
from hub.domain.moves import ForbiddenMove
from hub.store.deliveries import retry_by_hand
from hub.store.inbox import LedgerFilter, delivery_for, ledger, ledger_counts
from hub.store.tables import Site
from hub.store.worklist import sites_in
from web.access import entry, needs, note, person, the_store

pages = Blueprint("ledger", __name__)

LONGEST_QUERY = 64


@pages.get("/ledger")
@needs("ledger")
def show() -> str:
    """List the deliveries of the person's sites."""
    said = request.args
    wanted = LedgerFilter(
        said.get("state", "")[:16], said.get("site", "")[:64], said.get("q", "").strip()[:LONGEST_QUERY]
    )
    with the_store().reading() as session:
        rows = ledger(session, person().scope, wanted)
        counts, sites = ledger_counts(session, person().scope), sites_in(session, person().scope)
    note("search", "ledger", detail=" ".join(f"{k}={v}" for k, v in vars(wanted).items() if v))
    return render_template(
        "ledger.html", rows=rows, counts=counts, sites=sites, wanted=wanted, states=DELIVERY_STATES,
        red_from=RED_FROM_FAILURE,
    )  # fmt: skip


@pages.post("/ledger/<int:delivery_id>/retry")
@needs("ledger")
def retry(delivery_id: int) -> Response:
    """Take a delivery up again that was given up after its week."""
    try:
        with the_store().writing() as session:
            delivery = delivery_for(session, person().scope, delivery_id)
            site = session.get_one(Site, delivery.site_id).name
            said = {"site": site, "detail": f"report:{delivery.report_id} {delivery.destination}"}
            act = entry("deliver", f"delivery:{delivery_id}", "retried-by-hand", **said)
            retry_by_hand(session, delivery, act)
    except ForbiddenMove:
        flash(_("这条回传不需要重试。"), "warn")
    else:
        flash(_("已重新排队。"), "ok")
    return redirect("/ledger", 303)
