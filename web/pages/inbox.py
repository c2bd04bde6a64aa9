"""The township's inbox: its own studies, their reports, and the record of who opened them."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hub.store import audit
from hub.store.cases import reports_of
from hub.store.critical_notices import unknown_notices
from hub.store.inbox import letters, pdf_of, record_opening, report_for
from hub.store.rejections import rejections_of
from hub.store.tables import Report, Study, User
from web.access import entry, needs, note, person, the_settings, the_store
from web.patients import day_of, years_old
from web.report_pdf import pdf_answer

pages = Blueprint("inbox", __name__)

LONGEST_QUERY = 64


@pages.get("/inbox")
@needs("inbox")
def inbox() -> str:
    """List the township's own studies with their state and newest report."""
    text = request.args.get("q", "").strip()[:LONGEST_QUERY]
    with the_store().reading() as session:
        found = letters(session, person().scope, text)
        urgent = unknown_notices(session, person().scope)
    note("search", "inbox", detail=f"text={text}" if text else "")
    return render_template("inbox.html", letters=found, text=text, notices=urgent, age=years_old, day=day_of)


@pages.get("/inbox/notices")
@needs("inbox")
def notices() -> str:
    """Return the critical notices that nobody has confirmed yet; an open inbox asks for them by itself."""
    with the_store().reading() as session:
        urgent = unknown_notices(session, person().scope)
    if urgent:
        note("view", "inbox", detail=f"notices {','.join(str(one.id) for one in urgent)}")
    return render_template("inbox_notices.html", notices=urgent, age=years_old, day=day_of)


@pages.get("/inbox/<int:report_id>")
@needs("inbox")
def report(report_id: int) -> str:
    """Show a report; the first opening by each person is the proof that it was read there."""
    found, study = _open(report_id, "report")
    with the_store().reading() as session:
        newest = reports_of(session, study.id)[-1]
        ready = pdf_of(session, report_id) is not None
        rejections = rejections_of(session, study.id)
    return render_template(
        "inbox_report.html", report=found, study=study, newest=newest, pdf_ready=ready, age=years_old,
        day=day_of, rejections=rejections,
    )  # fmt: skip


@pages.get("/inbox/<int:report_id>/print")
@needs("inbox")
def printed(report_id: int) -> str:
    """Show a report for the printer; asking for this page is the print that the audit knows of."""
    found, study = _open(report_id, "print")
    return render_template(
        "inbox_print.html", report=found, study=study, age=years_old, day=day_of,
        organisation=the_settings().organisation,
    )  # fmt: skip


@pages.get("/inbox/<int:report_id>.pdf")
@needs("inbox")
def pdf(report_id: int) -> ResponseReturnValue:
    """Download the signed PDF, which is an opening too once there is something to open."""
    with the_store().reading() as session:
        found, study = report_for(session, person().scope, report_id)
    return pdf_answer(found, study.site.name, lambda: _open(report_id, "pdf"))


def _open(report_id: int, what: str) -> tuple[Report, Study]:
    """Find the report and write the opening and its audit row before anything is shown."""
    who = person()
    with the_store().writing() as session:
        found, study = report_for(session, who.scope, report_id)
        first = record_opening(session, found, session.get_one(User, who.id))
        act = {"pdf": "download", "print": "print"}.get(what, "open")
        said = {"site": study.site.name, "detail": "first opening" if first else what}
        audit.append(session, entry(act, f"report:{report_id}", **said))
    return found, study
