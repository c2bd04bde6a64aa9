"""Finding and adding patients, studies and series of one site."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, Origin, PatientFacts
from hub.domain.identity import Person, contradicts
from hub.store.tables import Patient, PerformedStep, Series, Site, Study

#: Modalities that never give a study its own: an image's or an ECG's says more.
BYSTANDERS = ("SR", "PR", "KO", "DOC", "SEG", "")


def find_or_add_study(session: Session, site: Site, arrival: Arrival, origin: Origin) -> Study:
    """Return the site's study of this arrival, added in state "arriving" when it is the first."""
    facts = arrival.study
    study = session.scalar(
        select(Study).where(Study.site_id == site.id, Study.study_instance_uid == facts.study_instance_uid)
    )
    if study is None:
        patient = find_or_add_patient(session, site, arrival.patient)
        others = [one for one in same_number(session, site, arrival.patient.patient_id) if one is not patient]
        study = Study(
            site_id=site.id, study_instance_uid=facts.study_instance_uid, state="arriving",
            patient_row=patient.id, instances=0, late_instances=0,
            note="number-of-two" if others else "",
            expected_instances=_expected(session, site, facts.study_instance_uid),
            received_at=origin.received_at, last_instance_at=origin.received_at,
        )  # fmt: skip
        session.add(study)
    _complete(study, arrival)
    session.flush()
    return study


def find_or_add_patient(session: Session, site: Site, facts: PatientFacts) -> Patient:
    """Return the site's patient of this PatientID whom nothing in the header contradicts, or a new one.

    An empty PatientID always makes a new one.
    """
    known = same_number(session, site, facts.patient_id)
    for patient in known:
        if not contradicts(person_of(patient), said_person(facts)):
            return patient
    patient = Patient(
        site_id=site.id, patient_id=facts.patient_id or None, issuer=facts.issuer,
        name=facts.name.text, name_guessed=facts.name.guessed, name_raw=facts.name_raw,
        birth_date=facts.birth_date, sex=facts.sex, ordinal=len(known) + 1,
    )  # fmt: skip
    session.add(patient)
    session.flush()
    return patient


def same_number(session: Session, site: Site, patient_id: str) -> list[Patient]:
    """Return everybody whom the site knows under a PatientID, the first known first."""
    if not patient_id:
        return []
    found = select(Patient).where(Patient.site_id == site.id, Patient.patient_id == patient_id)
    return list(session.scalars(found.order_by(Patient.id)))


def person_of(patient: Patient) -> Person:
    """Return who the row says the patient is; a confirmed name is no guess any more."""
    guessed = patient.name_guessed and patient.name_confirmed_by is None
    return Person(patient.name, guessed, patient.sex, patient.birth_date)


def is_somebody_else(known: Mapping[str, Any], facts: PatientFacts) -> bool:
    """Tell whether a header contradicts a patient's columns `known`."""
    guessed = known["name_guessed"] and known["name_confirmed_by"] is None
    person = Person(known["name"], guessed, known["sex"], known["birth_date"])
    return contradicts(person, said_person(facts))


def said_person(facts: PatientFacts) -> Person:
    """Return who the header says the patient is."""
    return Person(facts.name.text, facts.name.guessed, facts.sex, facts.birth_date)


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
    ):
        if value and not getattr(study, column):
            setattr(study, column, value)
