"""Gathers what the checks before a signature look at, and keeps to their answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.ecg_edit import amended
from hub.domain.finding import Reading, reading_from
from hub.domain.report import ReportText
from hub.domain.signing_case import SigningCase
from hub.domain.signing_checks import LONGEST_REASON, Concern, concerns_about, open_concerns
from hub.domain.suggestion import NORMAL, abnormal, suggestion
from hub.domain.templates import same_words
from hub.errors import HubError
from hub.store.cases import pre_reads_of
from hub.store.critical_notices import notices_of
from hub.store.edited_values import edited_values
from hub.store.engine import now
from hub.store.first_impressions import are_hidden
from hub.store.tables import Patient, Series, Study

#: Patients whose names could have been copied with a text: those of the same site's last studies.
NAMES_OF_DAYS = 3
MOST_NAMES = 500


@dataclass(frozen=True)
class Beside:
    """What the page says beside the text: reasons by rule, and the lengths that were measured, in mm."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    lesions_mm: tuple[float, ...] = ()


class Unanswered(HubError):
    """The report contradicts something; `concerns` are those that no reason answers."""

    def __init__(self, concerns: tuple[Concern, ...]) -> None:
        super().__init__("the report meets concerns: " + ", ".join(one.key for one in concerns))
        self.concerns = concerns


def reasons_for(session: Session, study: Study, text: ReportText, beside: Beside) -> dict[str, str]:
    """Return the reasons that were given for what the checks found. Raises Unanswered for the rest."""
    case = signing_case(session, study, text, beside)
    unanswered = open_concerns(case, beside.reasons)
    if unanswered:
        raise Unanswered(unanswered)
    keys = {one.key for one in concerns_about(case)}
    return {key: beside.reasons[key].strip()[:LONGEST_REASON] for key in sorted(keys)}


def concerns_beside(session: Session, study: Study, text: ReportText, beside: Beside) -> tuple[Concern, ...]:
    """Return everything that the checks find, answered or not."""
    return concerns_about(signing_case(session, study, text, beside))


def signing_case(session: Session, study: Study, text: ReportText, beside: Beside) -> SigningCase:
    """Return `text` with the facts of `study`; of an addendum only its own words are looked at."""
    readings = _readings(session, study)
    addendum = bool(text.addendum.strip())
    return SigningCase(
        text=ReportText(text.addendum, text.addendum) if addendum else text,
        modality=study.modality, sex=study.patient.sex, patient_name="".join(study.patient.name.split()),
        ordered=f"{study.body_part} {study.description}", lateralities=_lateralities(session, study),
        found=tuple(dict.fromkeys(label for one in readings for label in _labels(one))),
        lesions_mm=beside.lesions_mm, heart_rate=_heart_rate(readings),
        critical_noticed=bool(notices_of(session, study.id)),
        other_names=_other_names(session, study), untouched=not addendum and _is_untouched(readings, text),
    )  # fmt: skip


def _readings(session: Session, study: Study) -> list[Reading]:
    if are_hidden(session, study):
        return []
    edited = edited_values(session, study.id)
    return [
        amended(reading_from(row.reading), edited.get(uid, {}))
        for uid, row in pre_reads_of(session, study.id)
        if row.assessed and not row.late
    ]


def _labels(reading: Reading) -> list[str]:
    """Name what stands over threshold, once contradictions were resolved."""
    if reading.statements:
        standing = {one.code for one in reading.statements} - NORMAL
        return [one.label_zh for one in reading.findings if one.code in standing]
    return [one.label_zh for one in abnormal(reading.findings)]


def _heart_rate(readings: list[Reading]) -> float | None:
    rates = [m.value for reading in readings for m in reading.measurements if m.name == "heart_rate"]
    known = [rate for rate in rates if rate is not None]
    return known[0] if len(known) == 1 else None


def _lateralities(session: Session, study: Study) -> frozenset[str]:
    asked = select(Series.laterality).where(Series.study_id == study.id, Series.laterality != "")
    return frozenset(session.scalars(asked))


def _other_names(session: Session, study: Study) -> frozenset[str]:
    asked = (
        select(Patient.name)
        .join(Study, Study.patient_row == Patient.id)
        .where(
            Study.site_id == study.site_id, Patient.id != study.patient_row, Patient.name != "",
            Study.received_at > now() - timedelta(days=NAMES_OF_DAYS),
        )
        .distinct().limit(MOST_NAMES)
    )  # fmt: skip
    return frozenset(session.scalars(asked))


def _is_untouched(readings: list[Reading], text: ReportText) -> bool:
    suggested = suggestion(readings)
    if suggested is None or not suggested.text.impression:
        return False
    said = (suggested.text.findings, suggested.text.impression)
    return same_words(said, (text.findings, text.impression))
