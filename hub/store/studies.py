"""Finding and adding patients, studies and series of one site."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, Origin, PatientFacts
from hub.store.tables import Patient, Series, Site, Study

#: Modalities that never give a study its own: an image's or an ECG's says more.
BYSTANDERS = ("SR", "PR", "KO", "DOC", "SEG", "")


def find_or_add_study(session: Session, site: Site, arrival: Arrival, origin: Origin) -> Study:
    """Return the site's study of this arrival, added in state "arriving" when it is the first."""
    facts = arrival.study
    study = session.scalar(
        select(Study).where(Study.site_id == site.id, Study.study_instance_uid == facts.study_instance_uid)
    )
    if study is None:
        study = Study(
            site_id=site.id, study_instance_uid=facts.study_instance_uid, state="arriving",
            patient_row=find_or_add_patient(session, site, arrival.patient).id,
            instances=0, late_instances=0, note="",
            received_at=origin.received_at, last_instance_at=origin.received_at,
        )  # fmt: skip
        session.add(study)
    _complete(study, arrival)
    session.flush()
    return study


def find_or_add_patient(session: Session, site: Site, facts: PatientFacts) -> Patient:
    """Return the site's patient with this PatientID; an empty PatientID always makes a new one."""
    if facts.patient_id:
        patient = session.scalar(
            select(Patient).where(Patient.site_id == site.id, Patient.patient_id == facts.patient_id)
        )
        if patient is not None:
            return patient
    patient = Patient(
        site_id=site.id, patient_id=facts.patient_id or None, issuer=facts.issuer,
        name=facts.name.text, name_guessed=facts.name.guessed, name_raw=facts.name_raw,
        birth_date=facts.birth_date, sex=facts.sex,
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
    ):
        if value and not getattr(study, column):
            setattr(study, column, value)
