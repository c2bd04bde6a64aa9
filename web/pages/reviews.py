"""Review: handing a report over, giving it back with a reason, and the reviewer's list."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.report import ReportText
from hub.domain.text_diff import report_diff
from hub.domain.two_levels import is_normal, why_not_alone
from hub.errors import HubError
from hub.store import sessions
from hub.store.cases import reports_of
from hub.store.reviews import return_report, write_report
from hub.store.signing import Wish, shown_of, sign, token_of
from hub.store.signing_case import Beside, concerns_beside
from hub.store.tables import Study, User, WrittenReport
from hub.store.templates import templates_for
from hub.store.written import mark_seen, unseen_by, waiting_list, waiting_report, written_text
from web.access import address, needs, note, person, study_for, the_store
from web.following import following
from web.pages.drafts import body
from web.pages.signing import wish_of
from web.text import clean

pages = Blueprint("reviews", __name__)

MOST_AT_ONCE = 50
#: A site may want a shorter window, or a password for each signature.
LONGEST_WINDOW = 15


@pages.post("/studies/<int:study_id>/write")
@needs("read")
def write(study_id: int) -> dict[str, Any]:
    """Hand the text that was sent over for review."""
    who = person()
    with the_store().reading() as session:
        study = study_for(session, study_id)
    write_report(the_store(), wish_of(study_id, body(), None))
    with the_store().reading() as session:
        return {"next": following(session, who, study)}


@pages.post("/studies/<int:study_id>/return")
@needs("sign")
def give_back(study_id: int) -> dict[str, Any]:
    """Give a report back to its first reader, with a reason."""
    who, reason = person(), body().get("reason")
    with the_store().writing() as session:
        study = study_for(session, study_id)
        user = session.get_one(User, who.id)
        return_report(session, who.scope, study_id, user, clean(reason) if isinstance(reason, str) else "")
        return {"next": following(session, who, study)}


@pages.get("/reviews")
@needs("read")
def show() -> str:
    """List what waits for review by its first reader, and what came back to this person."""
    who = person()
    with the_store().reading() as session:
        waiting = [_line(session, row, study) for row, study in waiting_list(session, who.scope)]
        mine = [_came_back(session, row, study) for row, study in unseen_by(session, who.scope, who.id)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in waiting:
        groups.setdefault(line["row"].writer.display_name, []).append(line)
    note("view", "reviews")
    return render_template("reviews.html", groups=groups, mine=mine)


@pages.post("/reviews/<int:row_id>/seen")
@needs("read")
def seen(row_id: int) -> Response:
    """Note that the first reader has seen what became of a report."""
    with the_store().writing() as session:
        mark_seen(session, row_id, person().id)
    note("view", f"written:{row_id}", detail="seen")
    return redirect("/reviews", 303)


@pages.post("/reviews/batch")
@needs("sign")
def batch() -> Response:
    """Sign several normal reports of one first reader, each as it was shown."""
    tokens = [one.partition("|")[::2] for one in request.form.getlist("study")[:MOST_AT_ONCE]]
    wanted = [(int(number), token[:512]) for number, token in tokens if number.isascii() and number.isdigit()]
    writers, minutes = set(), [LONGEST_WINDOW]
    with the_store().writing() as session:
        for number, _token in wanted:
            study = study_for(session, number)
            row = waiting_report(session, study.id)
            writers.add(row.writer_id if row else None)
            minutes.append(study.site.signing_minutes)
        is_open = sessions.prolong_signing(session, person().login, min(minutes)) is not None
    if not is_open:
        flash(_("请先在阅片页签发一份报告以打开签名窗口，再批量审核。"), "warn")
    elif len(writers) > 1:
        flash(_("批量审核只用于同一位报告医生的正常报告。"), "warn")
    else:
        done = sum(_sign_one(number, token) for number, token in wanted)
        flash(_("已审核签发 %(n)d 份，未通过 %(m)d 份。", n=done, m=len(wanted) - done), "ok")
    return redirect("/reviews", 303)


def _sign_one(study_id: int, token: str) -> bool:
    who = person()
    with the_store().reading() as session:
        study = study_for(session, study_id)
        row = waiting_report(session, study.id)
        if row is None or not _is_normal(session, row, study):
            return False
        text = written_text(row)
    try:
        sign(the_store(), Wish(who.id, who.scope, study_id, token, text, address()))
    except HubError:
        note("sign", f"study:{study_id}", "refused", detail="batch")
        return False
    return True


def _line(session: Session, row: WrittenReport, study: Study) -> dict[str, Any]:
    alone = why_not_alone(person().id, row.writer_id, study.site.one_doctor)
    normal = not alone and person().signs and _is_normal(session, row, study)
    token = token_of(shown_of(session, study)) if normal else ""
    return {"row": row, "study": study, "normal": normal, "token": token}


def _is_normal(session: Session, row: WrittenReport, study: Study) -> bool:
    """A first report, word for word a normal template, about which no check has a concern."""
    text = written_text(row)
    if reports_of(session, study.id) or not is_normal(
        (text.findings, text.impression), templates_for(session, study)
    ):
        return False
    return not concerns_beside(session, study, text, Beside())


def _came_back(session: Session, row: WrittenReport, study: Study) -> dict[str, Any]:
    report = next((one for one in reports_of(session, study.id) if one.id == row.report_id), None)
    after = ReportText(report.findings, report.impression, report.advice, report.addendum) if report else None
    parts = report_diff(written_text(row), after) if after else {}
    return {"row": row, "study": study, "parts": parts}
