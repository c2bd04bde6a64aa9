"""Signed versions of a study's report as PDF, for the reading page."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.errors import NotYours
from hub.store.cases import reports_of
from web.access import needs, note, study_for, the_store
from web.faults import fault
from web.report_pdf import PdfDamaged, pdf_answer

pages = Blueprint("reports", __name__)


@pages.get("/studies/<int:study_id>/reports/<int:version>.pdf")
@needs("worklist")
def report_pdf(study_id: int, version: int) -> ResponseReturnValue:
    """Download one signed version."""
    with the_store().reading() as session:
        study = study_for(session, study_id)
        report = next((one for one in reports_of(session, study.id) if one.version == version), None)
        if report is None:
            raise NotYours(f"study:{study_id} report version {version}")
    said = {"site": study.site.name, "detail": f"pdf version {version}"}
    return pdf_answer(report, study.site.name, lambda: note("download", f"report:{report.id}", **said))


@pages.app_errorhandler(PdfDamaged)
def damaged(_error: PdfDamaged) -> ResponseReturnValue:
    """A damaged report is refused, never shown as good."""
    return fault(500, "damaged", _("保存的报告文件已损坏（摘要不符），不予显示。请联系管理员。"))
