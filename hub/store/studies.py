"""Finding and adding patients, studies and series of one site."""

from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, Origin, PatientFacts
from hub.domain.identity import Person, agrees, contradicts
from hub.store.tables import Patient, PerformedStep, Series, Site, Study

#: Modalities that never give a study its own: an image's or an ECG's says more.
BYSTANDERS = ("SR", "PR", "KO", "DOC", "SEG", "")


#: A patient of whom more than a number is known.
IS_SOMEBODY = (Patient.name != "") | (Patient.birth_date != "")


class KnownPatient(Protocol):
    """What a row says of a patient."""

    @property
    def name(self) -> str:
        """Return the name as it is shown."""

    @property
    def name_raw(self) -> bytes:
        """Return the name's bytes as received."""

    @property
    def sex(self) -> str:
        """Return PatientSex."""

    @property
    def birth_date(self) -> str:
        """Return PatientBirthDate."""


def find_or_add_study(session: Session, site: Site, arrival: Arrival, origin: Origin) -> Study:
    """Return the site's study of this arrival, added in state "arriving" when it is the first."""
    facts = arrival.study
    study = session.scalar(
        select(Study).where(Study.site_id == site.id, Study.study_instance_uid == facts.study_instance_uid)
    )
    if study is None:
        ordinal = next_ordinal(session, site, arrival.patient.patient_id)
        known = same_number(session, site, arrival.patient.patient_id)
        patient = next((one for one in known if is_same(one, arrival.patient)), None)
        patient = patient or _add_patient(session, site, arrival.patient, ordinal)
        study = Study(
            site_id=site.id, study_instance_uid=facts.study_instance_uid, state="arriving",
            patient_row=patient.id, instances=0, late_instances=0,
            note="number-of-two" if any(is_other(one, arrival.patient) for one in known) else "",
            expected_instances=_expected(session, site, facts.study_instance_uid),
            received_at=origin.received_at, last_instance_at=origin.received_at,
        )  # fmt: skip
        session.add(study)
    _complete(study, arrival)
    session.flush()
    return study


def same_number(session: Session, site: Site, patient_id: str) -> list[Patient]:
    """Return everybody whom the site knows under a PatientID, the first known first.

    Not those of whom neither name nor birth date is known: nobody can be the same, and there may be many.
    """
    if not patient_id:
        return []
    found = select(Patient).where(Patient.site_id == site.id, Patient.patient_id == patient_id, IS_SOMEBODY)
    return list(session.scalars(found.order_by(Patient.id)))


def next_ordinal(session: Session, site: Site, patient_id: str) -> int:
    """Return the ordinal for one more patient of a PatientID.

    To be asked for before `same_number`: whom another listener adds in between is then among those, or has
    this ordinal too, and the unique key decides.
    """
    if not patient_id:
        return 1
    last = select(func.max(Patient.ordinal)).where(
        Patient.site_id == site.id, Patient.patient_id == patient_id
    )
    return (session.scalar(last) or 0) + 1


def is_same(patient: KnownPatient, facts: PatientFacts) -> bool:
    """Tell whether the header of another study speaks of this patient, whose number it gives."""
    return agrees(person_of(patient), said_person(facts))


def is_other(patient: KnownPatient, facts: PatientFacts) -> bool:
    """Tell whether a header cannot speak of this patient."""
    return contradicts(person_of(patient), said_person(facts))


def lacks(patient: KnownPatient, facts: PatientFacts) -> bool:
    """Tell whether a header says of a patient what was not known yet."""
    return any(said and not getattr(patient, column) for column, said in _said(facts).items())


def complete_patient(patient: Patient, facts: PatientFacts) -> None:
    """Fill what the headers before left empty, so that the next one is compared with all of it."""
    if facts.name.text and not patient.name:
        patient.name_guessed, patient.name_raw = facts.name.guessed, facts.name_raw
        patient.name_sought = facts.name_sought
    for column, said in _said(facts).items():
        if said and not getattr(patient, column):
            setattr(patient, column, said)


def person_of(patient: KnownPatient) -> Person:
    """Return who the row says the patient is."""
    return Person(patient.name, patient.sex, patient.birth_date, patient.name_raw)


def said_person(facts: PatientFacts) -> Person:
    """Return who the header says the patient is."""
    return Person(facts.name.text, facts.sex, facts.birth_date, facts.name_raw)


def _said(facts: PatientFacts) -> dict[str, str]:
    return {"name": facts.name.text, "sex": facts.sex, "birth_date": facts.birth_date}


def _add_patient(session: Session, site: Site, facts: PatientFacts, ordinal: int) -> Patient:
    patient = Patient(
        site_id=site.id, patient_id=facts.patient_id or None, issuer=facts.issuer,
        name=facts.name.text, name_guessed=facts.name.guessed, name_raw=facts.name_raw,
        name_sought=facts.name_sought, birth_date=facts.birth_date, sex=facts.sex, ordinal=ordinal,
    )  # fmt: skip
    session.add(patient)
    session.flush()
    return patient


def find_or_add_series(session: Session, study: Study, arrival: Arrival) -> Series:
    """Return the series of this arrival within its study."""
    facts = arrival.study
    series = session.scalar(
        select(Series).where(
            Series.study_id == study.id, Series.series_instance_uid == facts.series_instance_uid
        )
    )
    if series is None:
        series = Series(
            study_id=study.id, series_instance_uid=facts.series_instance_uid,
            modality=facts.modality, number=facts.series_number, description=facts.series_description,
            body_part=facts.body_part, laterality=facts.laterality,
        )  # fmt: skip
        session.add(series)
        session.flush()
    return series


def _expected(session: Session, site: Site, study_instance_uid: str) -> int | None:
    """Return how many instances completed steps of the study have listed, None where none did."""
    listed = session.scalars(
        select(PerformedStep.expected).where(
            PerformedStep.site_id == site.id, PerformedStep.study_instance_uid == study_instance_uid,
            PerformedStep.state == "COMPLETED",
        )
    )  # fmt: skip
    return len({uid for uids in listed for uid in uids}) or None


def _complete(study: Study, arrival: Arrival) -> None:
    """Fill what earlier instances left empty; an image's modality replaces a report's."""
    facts = arrival.study
    if (study.modality or "") in BYSTANDERS and facts.modality:
        study.modality = facts.modality
    for column, value in (
        ("body_part", facts.body_part),
        ("description", facts.study_description),
        ("study_date", facts.study_date),
        ("study_time", facts.study_time),
        ("accession", facts.accession),
        ("study_number", facts.study_id),
        ("history", facts.history),
        ("referring", facts.referring),
        ("referring_sought", facts.referring_sought),
    ):
        if value and not getattr(study, column):
            setattr(study, column, value)
