"""Orders: what a township has scheduled for its devices, written on a page or by a program."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.order import MODALITIES, ORDER_STATES, OrderFacts
from hub.domain.person_name import shown_name
from hub.errors import Refused
from hub.store import audit
from hub.store.devices import devices_of
from hub.store.orders import FIELDS, By, change_order, move_order, order_for, orders_in, place_order
from hub.store.tables import ExamOrder, Site
from hub.store.worklist import sites_in
from web.access import entry, needs, note, person, the_settings, the_store
from web.patients import day_of
from web.refusal_words import told
from web.text import clean

pages = Blueprint("orders", __name__)

LONGEST_QUERY = 64
#: What may be done with an order from the list, and what happens to it then.
ACTS = {"cancel": "order-cancelled", "renew": "order-renewed"}
#: What the form sends; numbers of an order are made, or come from other systems.
FORM = (
    "patient_id", "name", "sex", "birth_date", "modality", "description", "body_part", "station_ae",
    "scheduled_date", "scheduled_time", "referring", "reason", "accession",
)  # fmt: skip


@pages.get("/orders")
@needs("orders")
def orders() -> str:
    """List the orders of the person's sites."""
    text, state = request.args.get("q", "").strip()[:LONGEST_QUERY], request.args.get("state", "")
    with the_store().reading() as session:
        found = orders_in(session, person().scope, text, state if state in ORDER_STATES else "")
    note("search", "orders", detail=f"text={text} state={state[:16]}" if text or state else "")
    return render_template(
        "orders.html", orders=found, text=text, state=state, day=day_of, shown=_name_shown
    )  # fmt: skip


@pages.route("/orders/new", methods=["GET", "POST"])
@needs("orders")
def new() -> str | Response | tuple[str, int]:
    """Write an order."""
    if request.method == "GET":
        return _form(None, {})
    try:
        with the_store().writing() as session:
            order = place_order(session, _site(session, request.form.get("site", "")), _said(), _by("page"))
            _note(session, order, "placed")
    except Refused as refusal:
        return _form(None, request.form, told(refusal)), 422
    flash(_("申请单 %(number)s 已保存，设备现在就能查到。", number=order.accession), "ok")
    return redirect("/orders", 303)


@pages.route("/orders/<int:order_id>", methods=["GET", "POST"])
@needs("orders")
def edit(order_id: int) -> str | Response | tuple[str, int]:
    """Show an order, and change it while nobody has begun it."""
    with the_store().reading() as session:
        order = order_for(session, person().scope, order_id)
    if request.method == "GET":
        note("view", f"order:{order_id}", site=order.site.name)
        return _form(order, {})
    try:
        with the_store().writing() as session:
            mine = order_for(session, person().scope, order_id)
            change_order(session, mine, _said(mine))
            _note(session, mine, "changed")
    except Refused as refusal:
        return _form(order, request.form, told(refusal)), 422
    flash(_("已保存。"), "ok")
    return redirect("/orders", 303)


@pages.post("/orders/<int:order_id>/<act>")
@needs("orders")
def move(order_id: int, act: str) -> Response:
    """Cancel an order that nobody has begun, or bring a cancelled one back."""
    if act not in ACTS:
        abort(404)
    with the_store().writing() as session:
        order = order_for(session, person().scope, order_id)
        move_order(session, order, ACTS[act])
        _note(session, order, ACTS[act])
    flash(_("申请单已取消。") if act == "cancel" else _("申请单已恢复。"), "ok")
    return redirect("/orders", 303)


@pages.get("/api/orders")
@needs("orders")
def listed() -> dict[str, Any]:
    """Return orders as JSON; `q` and `state` narrow."""
    text, state = request.args.get("q", "").strip()[:LONGEST_QUERY], request.args.get("state", "")
    with the_store().reading() as session:
        found = orders_in(session, person().scope, text, state if state in ORDER_STATES else "")
    note("search", "orders", detail=f"api text={text} state={state[:16]}" if text or state else "api")
    return {"orders": [_json(order) for order in found]}


@pages.post("/api/orders")
@needs("orders")
def posted() -> tuple[dict[str, Any], int]:
    """Write the order that a JSON object says; 422 names every fault at once."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not all(isinstance(value, str) for value in sent.values()):
        abort(400)
    unknown = sorted(set(sent) - {*FIELDS, "site"})
    if unknown:
        raise Refused("an order has no %(names)s", names=", ".join(name[:32] for name in unknown))
    needed = {name: "" for name in ("patient_id", "name", "modality", "scheduled_date")}
    facts = OrderFacts(**needed | {name: clean(value) for name, value in sent.items() if name != "site"})
    with the_store().writing() as session:
        order = place_order(session, _site(session, sent.get("site", "")), facts, _by("api"))
        _note(session, order, "placed")
    return _json(order), 201


def _said(known: ExamOrder | None = None) -> OrderFacts:
    """Return what the form says; what it has no field for stays as it is."""
    form = {name: clean(request.form.get(name, "")).strip() for name in FORM}
    for name in ("scheduled_date", "birth_date", "scheduled_time"):
        form[name] = form[name].replace("-", "").replace(":", "")
    kept = {name: getattr(known, name) for name in FIELDS if known is not None and name not in FORM}
    return OrderFacts(**kept | form)


def _name_shown(name: str) -> str:
    """An order keeps a name as DICOM writes it; people read it as they write it."""
    return shown_name(name.encode(), ("utf_8",)).text


def _site(session: Session, name: str) -> Site:
    """Return the site named, or the only one that the person has; nobody orders for another's."""
    mine = sites_in(session, person().scope)
    found = [site for site in mine if site.name == name] if name else list(mine)
    if name and not found:
        raise Refused(_("您没有名为“%(name)s”的机构。", name=name[:32]))
    if len(found) != 1:
        raise Refused(_("请选择机构。"))
    return found[0]


def _by(source: str) -> By:
    return By(person().username, source)


def _note(session: Session, order: ExamOrder, how: str) -> None:
    audit.append(session, entry("order", f"order:{order.id}", how, site=order.site.name))


def _form(order: ExamOrder | None, said: Any, error: str = "") -> str:
    with the_store().reading() as session:
        sites = sites_in(session, person().scope)
        devices = [device for site in sites for device in devices_of(session, site.id) if device.active]
    today = datetime.now(the_settings().zone).strftime("%Y-%m-%d")
    values = {name: said.get(name, getattr(order, name) if order else "") for name in FORM}
    for name in ("scheduled_date", "birth_date"):
        values[name] = day_of(values[name])
    if len(values["scheduled_time"]) >= 4 and ":" not in values["scheduled_time"]:
        values["scheduled_time"] = f"{values['scheduled_time'][:2]}:{values['scheduled_time'][2:4]}"
    return render_template(
        "order.html", order=order, values=values, sites=sites, chosen=said.get("site", ""), devices=devices,
        modalities=MODALITIES, today=today, error=error,
    )  # fmt: skip


def _json(order: ExamOrder) -> dict[str, Any]:
    said = {name: getattr(order, name) for name in FIELDS}
    return {"id": order.id, "site": order.site.name, "state": order.state, "source": order.source, **said}
