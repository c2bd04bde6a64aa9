"""Report templates and phrases, changed version by version by those who direct the reading."""

import re
from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.domain.report import ReportText
from hub.domain.templates import KINDS, Template
from hub.errors import Changed, Refused
from hub.store import audit
from hub.store.tables import User
from hub.store.templates import LONGEST, newest_templates, save_template, versions_of
from web.access import entry, needs, note, person, the_store
from web.text import clean

pages = Blueprint("templates", __name__)

SLUG = re.compile(r"[a-z0-9][a-z0-9.-]{1,62}")
MOST_WORDS = 60
PARTS = ("findings", "impression", "advice")


@pages.get("/templates")
@needs("templates")
def show() -> str:
    """List every template and phrase, those no longer offered too."""
    with the_store().reading() as session:
        found = newest_templates(session)
    note("view", "templates")
    return render_template("templates.html", found=found)


@pages.route("/templates/new", methods=["GET", "POST"])
@needs("templates")
def new() -> str | Response | tuple[str, int]:
    """Add a template under a name of its own."""
    empty = Template("", "finding", "", ReportText("", ""))
    if request.method == "GET":
        return _form(empty)
    slug = request.form.get("slug", "").strip()
    if not SLUG.fullmatch(slug):
        return _form(_said(empty), _("名称由小写字母、数字、点和短横组成。")), 422
    with the_store().reading() as session:
        taken = bool(versions_of(session, slug))
    if taken:
        return _form(_said(empty), _("已有同名的模板。")), 422
    return _save(_said(replace(empty, slug=slug)))


@pages.route("/templates/<slug>", methods=["GET", "POST"])
@needs("templates")
def edit(slug: str) -> str | Response | tuple[str, int]:
    """Show a template with its versions, and save the next one."""
    with the_store().reading() as session:
        known = versions_of(session, slug)
    if not known:
        abort(404)
    if request.method == "GET":
        note("view", f"template:{slug}")
        return _form(known[0].template)
    base = request.form.get("version", "")
    version = int(base) if base.isascii() and base.isdigit() and len(base) < 9 else -1
    return _save(_said(replace(known[0].template, version=version)))


def _save(template: Template) -> Response | tuple[str, int]:
    retired = request.form.get("offered") != "on"
    try:
        with the_store().writing() as session:
            user = session.get_one(User, person().id)
            made = save_template(session, user, template, retired)
            said = f"version {made.version}{' retired' if retired else ''}"
            audit.append(session, entry("template", f"template:{made.slug}", detail=said))
    except Changed:
        return _form(template, _("模板已被他人修改，请重新打开后再改。")), 409
    except Refused:
        return _form(template, _("请填写标题和内容，且不要过长。")), 422
    flash(_("已保存。"), "ok")
    return redirect("/templates", 303)


def _said(template: Template) -> Template:
    """Return `template` with what the form says; nothing else can be set through it."""
    form = request.form
    text = {part: clean(form.get(part, ""))[: LONGEST[part] + 1] for part in PARTS}
    kind = form.get("kind", "")
    return replace(
        template, text=ReportText(**text), kind=kind if kind in KINDS else template.kind,
        title=clean(form.get("title", "")).strip()[:64],
        shortcut=form.get("shortcut", "").strip()[:16].lower(),
        modalities=_listed("modalities"), words=_listed("words"),
    )  # fmt: skip


def _listed(field: str) -> tuple[str, ...]:
    parts = re.split(r"[,，、\s]+", clean(request.form.get(field, "")).upper())
    return tuple(part[:32] for part in parts if part)[:MOST_WORDS]


def _form(template: Template, error: str = "") -> str:
    with the_store().reading() as session:
        versions = versions_of(session, template.slug) if template.slug else ()
    offered = not versions or not versions[0].retired
    return render_template(
        "template.html", one=template, error=error, versions=versions, kinds=KINDS, offered=offered
    )
