"""The worklist: who waits, since when, and what the models say; live rows for a page that is open."""

from datetime import timedelta

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from ai_models.reasons import reason_text
from hub.domain.finding import probability_words
from hub.domain.scope import Scope
from hub.store.sessions import Login
from hub.store.tables import Study
from hub.store.worklist import CLOSED, FILTERS, MOST_ROWS, Hint, Wanted, listed, modalities_in, sites_in
from web.access import needs, note, person, the_store
from web.language import chosen_language
from web.patients import years_old
from web.streaming import stream_of_changes
from web.words import PRIORITIES

pages = Blueprint("worklist", __name__)

LONGEST_QUERY = 64
MOST_IDS = 500
#: Of more studies at once an open list is told the ids only, and asks when it has time.
MOST_TOLD = 20
#: Minutes from arrival to a delivered report that the reading room aims at, by priority.
DEADLINE_MINUTES = {"critical": 5, "urgent": 10, "routine": 20}
RANKS = {"critical": 0, "urgent": 1, "routine": 2}
#: Closed studies sort after the open ones, newest first: seconds are counted down from here.
FAR_FUTURE = 10**11


@pages.get("/worklist")
@needs("worklist")
def worklist() -> str:
    """Show the list; loading the page is one search, and its row in the audit says with which filters."""
    wanted, who = _wanted(), person()
    with the_store().reading() as session:
        rows = listed(session, who.scope, wanted)
        sites, modalities = sites_in(session, who.scope), modalities_in(session, who.scope)
    note("search", "worklist", detail=_said(wanted))
    return render_template(
        "worklist.html", rows=rows, wanted=wanted, sites=sites, modalities=modalities,
        states=FILTERS, full=len(rows) >= MOST_ROWS, **_helpers(),
    )  # fmt: skip


@pages.get("/worklist/rows")
@needs("worklist")
def rows() -> str:
    """Return rows for an open list: those asked for by id, or all. Each answer is audited as a search."""
    return _rows(person().scope, _wanted(), _ids())


@pages.get("/worklist/changes")
@needs("worklist")
def changes() -> Response:
    """Stream what changes in an open list, with the rows as they are now: a question less for each."""
    wanted = _wanted()

    def tell(ids: list[int], login: Login) -> dict[str, object]:
        if len(ids) > MOST_TOLD:
            return {"ids": ids}
        return {"ids": ids, "rows": _rows(login.scope, wanted, ids)}

    return stream_of_changes("worklist", tell)


def hint_words(hint: Hint) -> str:
    """Return what stands in the list's AI column."""
    if hint.kind == "critical":
        label = hint.label_en if chosen_language() == "en" else hint.label_zh
        return _("危急值提示：%(what)s", what=label)
    if hint.label_zh:
        label = hint.label_en if chosen_language() == "en" else hint.label_zh
        return f"AI {label} {probability_words(hint.probability)}"
    if hint.kind == "none":
        return _("AI 未评估：%(reason)s", reason=reason_text(hint.reason, chosen_language()))
    words = {"negative": _("AI 无阳性提示"), "pending": _("AI 读片中"), "hidden": _("先读后看")}
    return words.get(hint.kind, "")


def order_of(study: Study) -> str:
    """Return a text that sorts as the list does."""
    if study.state in CLOSED:
        return f"9|{FAR_FUTURE - int(study.received_at.timestamp()):011d}|{study.id:09d}"
    return f"{RANKS[study.priority]}|{study.received_at.isoformat(timespec='microseconds')}|{study.id:09d}"


def _rows(scope: Scope, wanted: Wanted, ids: list[int] | None) -> str:
    """Return the rows that `scope` and filters let through, once the audit says that they were seen."""
    with the_store().reading() as session:
        found = listed(session, scope, wanted, ids)
    note("search", "worklist", detail=f"rows {','.join(str(row.study.id) for row in found)}")
    return render_template("worklist_rows.html", rows=found, **_helpers())


def _helpers() -> dict[str, object]:
    return {
        "hint_words": hint_words, "order_of": order_of, "age": years_old, "closed": CLOSED,
        "deadline": lambda s: s.received_at + timedelta(minutes=DEADLINE_MINUTES[s.priority]),
    }  # fmt: skip


def _wanted() -> Wanted:
    said = request.args
    priority = said.get("priority", "")
    return Wanted(
        state=said.get("state", "")[:16],
        site=said.get("site", "")[:64],
        modality=said.get("modality", "")[:16],
        priority=priority if priority in PRIORITIES else "",
        text=said.get("q", "").strip()[:LONGEST_QUERY],
    )


def _ids() -> list[int] | None:
    if "ids" not in request.args:
        return None
    parts = request.args["ids"].split(",")[:MOST_IDS]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]


def _said(wanted: Wanted) -> str:
    return " ".join(f"{name}={value}" for name, value in vars(wanted).items() if value)
