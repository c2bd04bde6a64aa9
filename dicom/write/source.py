"""What a made object is about: the patient, the study, and the instances it speaks of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Reference:
    """One instance that a report rests on."""

    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class SourceStudy:
    """Whom and what the object is about, in clean text; dates as the data set's DA and TM."""

    study_instance_uid: str
    modality: str
    patient_id: str
    patient_name: str
    patient_sex: str = ""
    patient_birth_date: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession: str = ""
    references: tuple[Reference, ...] = ()
    body_part: str = ""
    history: str = ""
    study_id: str = ""
    referring: str = ""


@dataclass(frozen=True)
class Naming:
    """The UIDs and the instant of a made object, fixed before it is made so that a retry makes the same."""

    sop_instance_uid: str
    series_instance_uid: str
    made_at: datetime
    series_number: int = 9001
    instance_number: int = 1


@dataclass(frozen=True)
class Signer:
    """Who signed, under which licence, for which organisation."""

    name: str
    licence: str
    organisation: str
    scheme: str = "99HUB"
