"""What a report's objects are about, gathered from its study's rows."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from dicom.write.report_sr import Predecessor
from dicom.write.source import Reference, SourceStudy
from hub.domain.person_name import full_name
from hub.domain.report import ReportText
from hub.store.report_receipt import receipt_of_report
from hub.store.tables import Instance, MadeObject, Patient, PreRead, Rejection, Report, Series, Study


@dataclass(frozen=True)
class Signed:
    """One signed version with everything that its objects show."""

    report: Report
    study: Study
    patient: Patient
    source: SourceStudy
    text: ReportText
    predecessors: tuple[Predecessor, ...]
    consulted: tuple[str, ...]
    ecg_file: str = ""
    receipt: dict[str, Any] = field(default_factory=dict)


def signed_report(session: Session, report_id: int) -> Signed:
    """Load a signed version and what belongs to it."""
    report = session.get_one(Report, report_id)
    study = session.get_one(Study, report.study_id)
    return Signed(
        report=report, study=study, patient=study.patient, source=source_study(session, study),
        text=ReportText(report.findings, report.impression, report.advice, report.addendum),
        predecessors=_predecessors(session, report), consulted=_consulted(session, report),
        ecg_file=_ecg_file(session, study), receipt=receipt_of_report(session, report),
    )  # fmt: skip


def source_study(session: Session, study: Study) -> SourceStudy:
    """Return the study as a made object names it, with a reference to every instance received."""
    patient = study.patient
    return SourceStudy(
        study_instance_uid=study.study_instance_uid, modality=study.modality,
        patient_id=patient.patient_id or "", patient_name=full_name(patient.name, patient.name_raw),
        patient_sex=patient.sex, patient_birth_date=patient.birth_date,
        study_date=study.study_date, study_time=study.study_time,
        study_description=study.description[:64], accession=study.accession[:16],
        references=_references(session, study), body_part=study.body_part,
        history=study.history, study_id=study.study_number, referring=study.referring,
    )  # fmt: skip


def rejected_source(session: Session, study: Study, rejection: Rejection) -> SourceStudy:
    """Return the study as its rejection note names it, with a reference to every rejected instance."""
    every = _references(session, study, with_rejected=True)
    chosen = frozenset(rejection.instances)
    return replace(
        source_study(session, study), references=tuple(r for r in every if r.sop_instance_uid in chosen)
    )


def reference_to(session: Session, instance: Instance) -> Reference:
    """Return how a made object names one received instance."""
    series = session.get_one(Series, instance.series_id)
    return Reference(series.series_instance_uid, instance.sop_class_uid, instance.sop_instance_uid)


def _references(session: Session, study: Study, with_rejected: bool = False) -> tuple[Reference, ...]:
    rows = session.execute(
        select(Series.series_instance_uid, Instance.sop_class_uid, Instance.sop_instance_uid)
        .join(Series, Series.id == Instance.series_id)
        .where(Instance.study_id == study.id, true() if with_rejected else ~Instance.rejected)
        .order_by(Series.number, Series.id, Instance.number, Instance.id)
    )
    return tuple(Reference(*row) for row in rows)


def _predecessors(session: Session, report: Report) -> tuple[Predecessor, ...]:
    rows = session.execute(
        select(MadeObject.series_instance_uid, MadeObject.sop_instance_uid)
        .join(Report, Report.id == MadeObject.report_id)
        .where(
            Report.study_id == report.study_id, Report.version < report.version,
            MadeObject.kind == "report-sr",
        )
        .order_by(Report.version.desc())
        .limit(1)
    )  # fmt: skip
    return tuple(Predecessor(*row) for row in rows)


def _consulted(session: Session, report: Report) -> tuple[str, ...]:
    """Return which models' readings stood beside the images when the report was signed, each once."""
    shown = {str(model) for _uid, model, _digest in cast(list[Any], report.shown.get("pre_reads", []))}
    rows = session.execute(
        select(PreRead.model, PreRead.version)
        .where(PreRead.study_id == report.study_id, PreRead.assessed)
        .distinct()
        .order_by(PreRead.model, PreRead.version)
    )
    return tuple(f"{model}/{version}" for model, version in rows if f"{model} {version}" in shown)


def _ecg_file(session: Session, study: Study) -> str:
    found = session.scalar(
        select(Instance.file_key)
        .join(Series, Series.id == Instance.series_id)
        .where(
            Instance.study_id == study.id,
            Series.modality == "ECG",
            ~Instance.damaged,
            ~Instance.rejected,
        )
        .order_by(Instance.number, Instance.id)
        .limit(1)
    )
    return found or ""
