"""Identity is (site, PatientID): a study that names two patients is set apart, never merged."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, PatientFacts
from hub.domain.identity import contradicts
from hub.domain.study import REPORTED, TORN, noted, unnoted
from hub.store import audit
from hub.store.moves import can_move, move_study
from hub.store.studies import complete_patient, is_other, person_of
from hub.store.tables import Rejection, Report, Site, Study


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
    study.note = noted(unnoted(study.note, "released"), why)
    move_study(session, study, "identity-conflict")
    audit.append(session, audit.entry("quarantine", f"study:{study.id}", why, site=site))


def take_up_again(session: Session, study: Study, site: str) -> None:
    """Say that a study that was rejected whole has got an instance that was not: it is listed again.

    Where its identity was corrected it is set apart: the header says once more what was found to be wrong.
    """
    study.note = noted(unnoted(study.note, "study-rejected"), "images-rejected")
    audit.append(session, audit.entry("store", f"study:{study.id}", "after-rejection", site=site))
    rejections = session.scalars(select(Rejection).where(Rejection.study_id == study.id))
    if any(one.identity for one in rejections if one.withdrawal is None):
        quarantine(session, study, "after-correction", site)


def release(session: Session, study: Study) -> None:
    """Take a study out of quarantine; one with a signed report is open again. Raises ForbiddenMove."""
    event = "reported-released" if has_report(session, study.id) else "quarantine-released"
    move_study(session, study, event)
    study.note = unnoted(study.note, *TORN)


def has_report(session: Session, study_id: int) -> bool:
    """Tell whether a version of the report was ever signed."""
    return session.scalar(select(Report.id).where(Report.study_id == study_id).limit(1)) is not None


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
