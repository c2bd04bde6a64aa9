"""The audit trail, for reading: what was done, by whom, to what, and how it went."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import select

from hub.domain.scope import Scope
from hub.store.sites import all_sites
from hub.store.tables import AuditRow
from hub.store.worklist import like_literally
from web.access import needs, note, person, the_store
from web.words import ACTS

pages = Blueprint("audit", __name__)

ROWS = 200
#: How outcomes begin that somebody may want to look at; DICOM's own failures are 0xA…, 0xC… and 0x01….
TROUBLE = (
    "refused", "rejected", "forbidden", "not-yours", "no-login", "csrf", "http-", "wrong-password", "slowed",
    "damaged", "failed", "given-up", "broken-off", "other-kind", "no-reason", "0xA", "0xC", "0x01",
)  # fmt: skip
LONGEST = 160


@dataclass(frozen=True)
class Wanted:
    """The filters of the page's address; `before` is the number to go on from."""

    act: str = ""
    thing: str = ""
    actor: str = ""
    outcome: str = ""
    before: int = 0


@pages.get("/audit")
@needs("audit")
def show() -> str:
    """List rows, newest first; who sees some sites only sees the rows that name one of them."""
    wanted, scope = _wanted(), person().scope
    with the_store().reading() as session:
        sites = [site.name for site in all_sites(session) if scope.covers(site.id)]
        rows = session.scalars(_query(wanted, scope, sites)).all()
    note("view", "audit", detail=" ".join(f"{k}={v}" for k, v in vars(wanted).items() if v))
    return render_template(
        "audit.html", rows=rows, wanted=wanted, acts=ACTS, more=len(rows) == ROWS, trouble=TROUBLE
    )


def _query(wanted: Wanted, scope: Scope, sites: list[str]) -> Any:
    asked = select(AuditRow).order_by(AuditRow.number.desc()).limit(ROWS)
    if not scope.everywhere:
        asked = asked.where(AuditRow.site.in_(sites))
    if wanted.act:
        asked = asked.where(AuditRow.act == wanted.act)
    if wanted.before:
        asked = asked.where(AuditRow.number < wanted.before)
    for column, text in ((AuditRow.thing, wanted.thing), (AuditRow.actor, wanted.actor)):
        if text:
            asked = asked.where(column.ilike(like_literally(text), escape="\\"))
    if wanted.outcome:
        asked = asked.where(AuditRow.outcome == wanted.outcome)
    return asked


def _wanted() -> Wanted:
    said = request.args
    before = said.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else 0
    texts = {name: said.get(name, "").strip()[:LONGEST] for name in ("act", "thing", "actor", "outcome")}
    return Wanted(**texts, before=number)
