"""A patient's name that is a guess goes under no signature unless the signer says that it is right."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.errors import HubError
from hub.store import audit
from hub.store.moves import touch
from hub.store.tables import Study, User


class NameGuessed(HubError):
    """The patient's name is a guess that nobody has confirmed; `name` is what the signer is asked about."""

    def __init__(self, name: str) -> None:
        super().__init__("the patient's name is a guess; whoever signs has to confirm it")
        self.name = name


def need_name(session: Session, study: Study, user: User, confirmed: str, who: dict[str, str]) -> None:
    """Confirm a guessed name that the signer confirmed. Raises NameGuessed for one that nobody has."""
    patient = study.patient
    if not patient.name_guessed or patient.name_confirmed_by is not None:
        return
    if confirmed != patient.name:
        raise NameGuessed(patient.name)
    patient.name_confirmed_by = user.id
    for other in session.scalars(select(Study).where(Study.patient_row == patient.id)):
        touch(session, other)
    said = audit.entry("quarantine", f"patient:{patient.id}", "name-confirmed", detail="at signing", **who)
    audit.append(session, said)
