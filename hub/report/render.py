"""Makes the signed PDF of a report in one step."""

from hub.report.pades import PdfSigner, sign_pdf
from hub.report.page import ReportPage
from hub.report.page_words import PAGE_WORDS
from hub.report.pdf import report_pdf


def signed_report(page: ReportPage, signer: PdfSigner) -> bytes:
    """Return the report as PDF, signed in the signing doctor's name at `page.signed_at`.

    A signature holds a random number: to send the same bytes again, keep them. Raises as `report_pdf` does.
    """
    reason = PAGE_WORDS[page.language]["reason"]
    return sign_pdf(report_pdf(page), signer, page.signer.name, reason, page.signed_at)
