"""A report's signed PDF, as it was made once and kept: the same bytes that were sent to the township."""

from collections.abc import Callable

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from dicom.errors import Unreadable
from dicom.load import load_dataset
from dicom.part10 import has_digest
from hub.errors import HubError
from hub.store import Store
from hub.store.inbox import pdf_of
from hub.store.tables import MadeObject, Report
from web.access import note, the_store

#: A PDF viewer needs its own styles; framing and everything else stay forbidden.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
TRY_AGAIN_SECONDS = 5


class PdfDamaged(HubError):
    """The kept PDF is not the one that was signed."""


def pdf_answer(report: Report, site: str, opened: Callable[[], object]) -> ResponseReturnValue:
    """Return the PDF for display once `opened` has audited that, or a page that says that it is being made.

    What is not shown has its audit row too. Raises PdfDamaged.
    """
    with the_store().reading() as session:
        made = pdf_of(session, report.id)
    if made is None:
        note("download", f"report:{report.id}", "being-made", site=site)
        page = render_template("being_made.html", seconds=TRY_AGAIN_SECONDS)
        return page, 202, {"Refresh": str(TRY_AGAIN_SECONDS), "Retry-After": str(TRY_AGAIN_SECONDS)}
    try:
        content = pdf_bytes(the_store(), made)
    except PdfDamaged:
        note("download", f"report:{report.id}", "damaged", site=site)
        raise
    opened()
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="report-{report.id}-v{report.version}.pdf"'
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response


def pdf_bytes(store: Store, made: MadeObject) -> bytes:
    """Return the PDF within the encapsulated object. Raises PdfDamaged when it is not what was kept."""
    path = store.vault.path(made.file_key)
    try:
        if not has_digest(path, made.digest):
            raise PdfDamaged("the kept PDF was altered; it is not shown")
        dataset = load_dataset(path)
    except (OSError, Unreadable):
        raise PdfDamaged("the kept PDF is gone or cannot be read") from None
    content = bytes(dataset.EncapsulatedDocument)
    return content[: int(dataset.get("EncapsulatedDocumentLength") or len(content))]
