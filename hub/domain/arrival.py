"""An instance as it arrives, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.domain.matching import sought_name
from hub.domain.person_name import ShownName, full_name


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

    @property
    def name_sought(self) -> str:
        """Return the name as it is searched, in every group that the sender wrote."""
        return sought_name(full_name(self.name.text, self.name_raw))


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
    referring: str = ""

    @property
    def referring_sought(self) -> str:
        """Return the referring physician's name as it is searched."""
        return sought_name(self.referring)


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


#: What the hub does with an arriving instance. What is healed was held already, but its file no longer.
OUTCOMES = (
    "kept", "same-again", "healed", "kept-aside-content", "kept-aside-syntax",
    "aside-again-content", "aside-again-syntax", "aside-healed-content", "aside-healed-syntax",
    "another-site",
)  # fmt: skip


def is_again(outcome: str) -> bool:
    """Tell whether an instance was held already, and nothing came of it."""
    return outcome == "same-again" or outcome.startswith("aside-again-")


@dataclass(frozen=True)
class Aside:
    """Why another content or syntax is kept aside, and the file that holds it or says the same."""

    reason: str
    file_key: str
    digest: str


@dataclass(frozen=True)
class Known:
    """What the hub holds under a SOP Instance UID; `aside` gives what is kept aside by digest."""

    site: str
    digest: str
    transfer_syntax: str
    file_key: str
    aside: Mapping[str, Aside] = field(default_factory=dict)


#: Tells of a file, by its key and digest, whether its bytes are still those that were received.
IsSound = Callable[[str, str], bool]


def decide(arrival: Arrival, site: str, known: Known | None, is_sound: IsSound) -> str:
    """Return which of OUTCOMES applies; nothing known is ever replaced (promises 4), unless it is damaged."""
    if known is None:
        return "kept"
    if known.site != site:
        return "another-site"
    if arrival.digest == known.digest:
        return "same-again" if is_sound(known.file_key, known.digest) else "healed"
    aside = known.aside.get(arrival.digest)
    if aside is not None:
        sound = is_sound(aside.file_key, aside.digest)
        return f"aside-again-{aside.reason}" if sound else f"aside-healed-{aside.reason}"
    if arrival.transfer_syntax != known.transfer_syntax:
        return "kept-aside-syntax"
    return "kept-aside-content"
