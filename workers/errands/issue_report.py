"""Makes a signed version's SR and PDF once, and sends them on their way."""

from pydicom import Dataset
from sqlalchemy.orm import Session

from dicom.write.report_pdf import report_pdf
from dicom.write.report_sr import Beside, report_sr
from dicom.write.source import Naming, Reference, Signer
from hub.domain.uid import uid_from
from hub.report.file_signer import make_file_signer
from hub.report.render import signed_report as signed_pdf
from hub.store.deliveries import send_all
from hub.store.errands import Task
from hub.store.made import add_made, made_for_report
from hub.store.tables import MadeObject
from workers.desk import Desk, Done
from workers.making.keep import keep_made
from workers.making.page import page_of, title_of
from workers.making.sources import Signed, signed_report

KIND = "issue-report"
QUEUE = "post"

#: Series of the hub's own in a study: beyond what a device numbers, one per kind and version.
SR_SERIES, PDF_SERIES = 9000, 9500


def work(desk: Desk, task: Task) -> Done:
    """Make both objects of the report, unless that was done before, and write the errands to deliver them."""
    with desk.store.reading() as session:
        made_already = made_for_report(session, task.subject_id)
        signed = signed_report(session, task.subject_id)
    made = [] if made_already else _make(desk, signed)

    def record(session: Session) -> None:
        add_made(session, made)
        send_all(session, task.subject_id)

    return Done(record)


def _make(desk: Desk, signed: Signed) -> list[MadeObject]:
    sr = _sr(desk, signed)
    pdf = _pdf(desk, signed, sr)
    made = [
        keep_made(desk.store, sr, "report-sr", signed.study.id, report=signed.receipt),
        keep_made(desk.store, pdf, "report-pdf", signed.study.id, sr_uid=signed.report.sr_uid),
    ]
    for row in made:
        row.report_id = signed.report.id
    return made


def _sr(desk: Desk, signed: Signed) -> Dataset:
    settings, report = desk.settings, signed.report
    signer = Signer(report.signer_name, report.signer_licence, settings.organisation, settings.licence_scheme)
    return report_sr(
        signed.source,
        signed.text,
        signer,
        _naming(desk, signed, report.sr_uid, SR_SERIES),
        Beside(signed.predecessors, signed.consulted),
    )


def _pdf(desk: Desk, signed: Signed, sr: Dataset) -> Dataset:
    keeper = make_file_signer(desk.settings.data_dir / "signing", desk.settings.organisation)
    pdf = signed_pdf(page_of(signed, desk.store), keeper)
    rests_on = Reference(str(sr.SeriesInstanceUID), str(sr.SOPClassUID), str(sr.SOPInstanceUID))
    naming = _naming(desk, signed, signed.report.pdf_uid, PDF_SERIES)
    title = title_of(signed.study.modality)
    return report_pdf(pdf, signed.source, title, naming, (rests_on, *signed.source.references))


def _naming(desk: Desk, signed: Signed, uid: str, series_number: int) -> Naming:
    """The UIDs come from the row that signing wrote; each version's objects are series of their own."""
    signed_at = signed.report.signed_at.astimezone(desk.settings.zone)
    return Naming(uid, uid_from(uid, "series"), signed_at, series_number + signed.report.version, 1)
