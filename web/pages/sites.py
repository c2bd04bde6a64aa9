"""The townships: how they call, from where, and where their reports go."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.peers import CHARACTER_SETS
from hub.errors import NotYours, Refused
from hub.store import audit
from hub.store.devices import devices_of
from hub.store.sites import add_site, all_sites, edit_site, parse_return_node, return_node
from hub.store.tables import Site
from web.access import entry, needs, note, person, the_store
from web.refusal_words import told

pages = Blueprint("sites", __name__)

LONGEST_SIGNING_MINUTES = 240
#: The boxes of the form, and which of them are ticked for a site that is still to be added.
BOXES = {"wants_availability": False, "active": True, "reader_first": False, "one_doctor": True}


@pages.get("/sites")
@needs("sites")
def show() -> str:
    """List the sites of the person's scope."""
    with the_store().reading() as session:
        sites = [site for site in all_sites(session) if person().scope.covers(site.id)]
    note("view", "sites")
    return render_template("sites.html", sites=sites, node=return_node, may_add=person().scope.everywhere)


@pages.route("/sites/new", methods=["GET", "POST"])
@needs("sites")
def new() -> str | Response | tuple[str, int]:
    """Add a site; only for who may see all of them."""
    if not person().scope.everywhere:
        abort(403)
    if request.method == "GET":
        return _form(None, {})
    try:
        with the_store().writing() as session:
            said = _said()
            name, ae_title = request.form.get("name", "").strip()[:64], said.pop("ae_title")
            if not name:
                raise Refused(_("请填写名称。"))
            site = add_site(session, name, ae_title, **said)
            _set_rules(site)
            _change(session, site, "added")
    except Refused as refusal:
        return _form(None, request.form, told(refusal)), 422
    flash(_("已保存。"), "ok")
    return redirect("/sites", 303)


@pages.route("/sites/<int:site_id>", methods=["GET", "POST"])
@needs("sites")
def edit(site_id: int) -> str | Response | tuple[str, int]:
    """Edit a site; a running hub follows within two seconds."""
    with the_store().reading() as session:
        site = _mine(session, site_id)
    if request.method == "GET":
        return _form(site, {})
    try:
        with the_store().writing() as session:
            _apply(session, _mine(session, site_id))
    except Refused as refusal:
        return _form(site, request.form, told(refusal)), 422
    flash(_("已保存。"), "ok")
    return redirect("/sites", 303)


def _apply(session: Session, site: Site) -> None:
    """Set what the form says; an empty field means none, which edit_site takes for unchanged."""
    said = _said()
    edit_site(site, active=request.form.get("active") == "on", **said)
    site.address = said["address"]
    _set_rules(site)
    if said["return_node"] is None:
        site.return_ae = site.return_host = site.return_port = None
    _change(session, site, "edited")


def _set_rules(site: Site) -> None:
    """Set how the site's studies are read."""
    site.reader_first = request.form.get("reader_first") == "on"
    site.one_doctor = request.form.get("one_doctor") == "on"


def _mine(session: Session, site_id: int) -> Site:
    site = session.get(Site, site_id)
    if site is None or not person().scope.covers(site_id):
        raise NotYours(f"site:{site_id}")
    return site


def _said() -> dict[str, Any]:
    """Return what the form says, field by field: nothing else can be set through it."""
    form = request.form
    node = form.get("return_node", "").strip()
    return {
        "label": form.get("label", "").strip()[:64] or None,
        "ae_title": form.get("ae_title", "").strip(),
        "address": form.get("address", "").strip()[:64] or None,
        "return_node": parse_return_node(node) if node else None,
        "character_set": form.get("character_set", CHARACTER_SETS[0]),
        "wants_availability": form.get("wants_availability") == "on",
        "quiet_factor": _number("quiet_factor", 0.1, 20.0),
        "signing_minutes": int(_number("signing_minutes", 0, LONGEST_SIGNING_MINUTES)),
    }


def _number(field: str, least: float, most: float) -> float:
    try:
        value = float(request.form.get(field, ""))
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        sentence = _("%(field)s 应在 %(least)s 与 %(most)s 之间。", field=field, least=least, most=most)
        raise Refused(sentence)
    return value


def _change(session: Session, site: Site, how: str) -> None:
    said = f"{site.ae_title} from {site.address or 'anywhere'} to {return_node(site) or 'inbox only'}"
    said += f", signing {site.signing_minutes} min, line factor {site.quiet_factor:g}, {site.character_set}"
    flags = {
        " inactive": not site.active, " reader first": site.reader_first,
        " told of availability": site.wants_availability, " two doctors": not site.one_doctor,
    }  # fmt: skip
    set_flags = "".join(flag for flag, is_set in flags.items() if is_set)
    audit.append(session, entry("site", f"site:{site.name}", how, site=site.name, detail=said + set_flags))


def _form(site: Site | None, said: Any, error: str = "") -> str:
    node = return_node(site) if site else None
    devices = []
    if site is not None:
        with the_store().reading() as session:
            devices = devices_of(session, site.id)
    ticked = {box: getattr(site, box) if site else first for box, first in BOXES.items()}
    if said:  # a box that is not ticked is not sent
        ticked = {box: said.get(box) == "on" for box in BOXES}
    return render_template(
        "site.html", site=site, said=said, error=error, node=str(node) if node else "", devices=devices,
        character_sets=CHARACTER_SETS, ticked=ticked,
    )  # fmt: skip
