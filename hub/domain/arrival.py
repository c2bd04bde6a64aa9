"""An instance as it arrives, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.domain.person_name import ShownName


@dataclass(frozen=True)
class Origin:
    """Where an instance came from: the site it belongs to, the titles it was sent under, and when."""

    site: str
    calling_ae: str
    called_ae: str
    received_at: datetime
    address: str = ""


@dataclass(frozen=True)
class PatientFacts:
    """Who the header says the patient is; `patient_id` is empty when it does not say."""

    patient_id: str = ""
    issuer: str = ""
    name: ShownName = field(default_factory=lambda: ShownName(""))
    name_raw: bytes = b""
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True)
class StudyFacts:
    """What the header says of the study and the series."""

    study_instance_uid: str
    series_instance_uid: str
    modality: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part: str = ""
    laterality: str = ""
    study_id: str = ""
    history: str = ""


@dataclass(frozen=True)
class Arrival:
    """One instance as received: `digest` is the BLAKE3 of the data set's bytes, in hex."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str
    digest: str
    size: int
    patient: PatientFacts
    study: StudyFacts
    number: int | None = None
    rows: int = 0
    columns: int = 0
    frames: int = 1
    view_position: str = ""


#: What the hub does with an arriving instance.
OUTCOMES = (
    "kept", "same-again", "kept-aside-content", "kept-aside-syntax",
    "aside-again-content", "aside-again-syntax", "another-site",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the hub holds under a SOP Instance UID; `aside` gives each kept-aside digest's reason."""

    site: str
    digest: str
    transfer_syntax: str
    aside: Mapping[str, str] = field(default_factory=dict)


def decide(arrival: Arrival, site: str, known: Known | None) -> str:
    """Return which of OUTCOMES applies; nothing known is ever replaced (promises 4)."""
    if known is None:
        return "kept"
    if known.site != site:
        return "another-site"
    if arrival.digest == known.digest:
        return "same-again"
    if arrival.digest in known.aside:
        return f"aside-again-{known.aside[arrival.digest]}"
    if arrival.transfer_syntax != known.transfer_syntax:
        return "kept-aside-syntax"
    return "kept-aside-content"
