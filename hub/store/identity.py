"""Identity is (site, PatientID): a study that names two patients is set apart, never merged."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, PatientFacts
from hub.domain.identity import contradicts
from hub.domain.study import REPORTED
from hub.store import audit
from hub.store.moves import can_move, move_study
from hub.store.studies import complete_patient, is_other, person_of
from hub.store.tables import Site, Study


def quarantine_if_torn(session: Session, study: Study, arrival: Arrival, site: Site) -> None:
    """Quarantine `study` when this arrival gives it a second patient, here or at another site.

    What it says of the first beside that is taken over where nothing was known.
    """
    if names_another(study, arrival.patient):
        quarantine(session, study, "two-patients", site.name)
    else:
        complete_patient(study.patient, arrival.patient)
    for other in _same_uid_elsewhere(session, study):
        if _same_person(study, other):
            continue
        quarantine(session, study, "uid-at-two-sites", site.name)
        if other.state not in REPORTED:
            quarantine(session, other, "uid-at-two-sites", other.site.name)


def names_another(study: Study, facts: PatientFacts) -> bool:
    """Tell whether a header speaks of somebody else than the study's patient."""
    if (study.patient.patient_id or "") != facts.patient_id:
        return True
    return is_other(study.patient, facts)


def quarantine(session: Session, study: Study, why: str, site: str) -> None:
    """Set `study` apart until a person has looked; asking twice changes nothing."""
    if study.state == "quarantined" or not can_move(study, "identity-conflict"):
        return
    study.note = why
    move_study(session, study, "identity-conflict")
    audit.append(session, audit.entry("quarantine", f"study:{study.id}", why, site=site))


def _same_uid_elsewhere(session: Session, study: Study) -> list[Study]:
    return list(
        session.scalars(
            select(Study).where(
                Study.study_instance_uid == study.study_instance_uid, Study.site_id != study.site_id
            )
        )
    )


def _same_person(one: Study, other: Study) -> bool:
    """The same study sent by two sites for one patient is odd but tears nobody apart."""
    ours, theirs = one.patient, other.patient
    same_number = bool(ours.patient_id) and ours.patient_id == theirs.patient_id
    return same_number and ours.name == theirs.name and not contradicts(person_of(ours), person_of(theirs))
