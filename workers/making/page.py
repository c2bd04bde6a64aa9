"""The printed page of a signed version, in Chinese."""

from datetime import date

from dicom.errors import DicomError
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.report.ecg_svg import ecg_svg
from hub.report.page import DoctorOnPage, PatientOnPage, ReportPage, StudyOnPage
from hub.store import Store
from hub.store.tables import Patient, Report
from workers.making.sources import Signed

TITLES = {
    "CR": "X线诊断报告", "DX": "X线诊断报告", "CT": "CT诊断报告", "MR": "磁共振诊断报告",
    "US": "超声诊断报告", "ECG": "心电图诊断报告", "MG": "乳腺X线诊断报告",
}  # fmt: skip
OTHER_TITLE = "影像诊断报告"
SEXES = {"M": "男", "F": "女", "O": "其他"}


def title_of(modality: str) -> str:
    """Return the printed title for a study of `modality`."""
    return TITLES.get(modality, OTHER_TITLE)


def page_of(signed: Signed, store: Store) -> ReportPage:
    """Return what is printed of `signed`; an ECG that cannot be drawn is left out, never drawn wrong."""
    report, study, settings = signed.report, signed.study, store.settings
    return ReportPage(
        organisation=settings.organisation, title=title_of(study.modality),
        patient=_patient(signed.patient, study.study_date), study=_study(signed),
        text=signed.text, signer=DoctorOnPage(report.signer_name, report.signer_licence),
        signed_at=report.signed_at.astimezone(settings.zone), digest=report.digest,
        version=report.version, predecessor=_predecessor(report.version), ai=signed.consulted,
        ecg_svg=_drawing(signed, store), demo=settings.demo, author=_author(report),
        verify_at=settings.public_url.rstrip("/"),
    )  # fmt: skip


def _author(report: Report) -> DoctorOnPage | None:
    return DoctorOnPage(report.author_name, report.author_licence) if report.author_name else None


def _patient(patient: Patient, study_date: str) -> PatientOnPage:
    return PatientOnPage(
        name=patient.name, patient_id=patient.patient_id or "", sex=SEXES.get(patient.sex, ""),
        age=age_on(patient.birth_date, study_date), birth_date=_dashed(patient.birth_date),
        guessed=patient.name_guessed and patient.name_confirmed_by is None,
    )  # fmt: skip


def _study(signed: Signed) -> StudyOnPage:
    study = signed.study
    return StudyOnPage(
        study_uid=study.study_instance_uid, site=study.site.label, date=_dashed(study.study_date),
        modality=study.modality, description=study.description, accession=study.accession,
        history=study.history,
    )  # fmt: skip


def age_on(birth: str, day: str) -> str:
    """Return the age on `day` as people here say it: months below two years, else years."""
    try:
        born, then = _day(birth), _day(day)
    except ValueError:
        return ""
    months = (then.year - born.year) * 12 + then.month - born.month - (then.day < born.day)
    if months < 0:
        return ""
    return f"{months}个月" if months < 24 else f"{months // 12}岁"


def _day(value: str) -> date:
    return date(int(value[:4]), int(value[4:6]), int(value[6:8]))


def _dashed(value: str) -> str:
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if len(value) == 8 and value.isdigit() else value


def _predecessor(version: int) -> str:
    return f"本报告为第 {version} 版，替代第 {version - 1} 版" if version > 1 else ""


def _drawing(signed: Signed, store: Store) -> str:
    if not signed.ecg_file:
        return ""
    try:
        return ecg_svg(ecg_record(load_dataset(store.vault.path(signed.ecg_file))))
    except (DicomError, ValueError):
        return ""
