"""Orders for examinations and the performed procedure steps that answer them: states and facts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hub.domain.moves import Moves
from hub.errors import Refused, Sentence

ORDER_STATES = ("scheduled", "in-progress", "completed", "cancelled")

ORDER_MOVES: Moves = {
    ("scheduled", "changed"): "scheduled",
    ("scheduled", "step-started"): "in-progress",
    ("in-progress", "step-started"): "in-progress",
    ("completed", "step-started"): "in-progress",
    ("in-progress", "step-completed"): "completed",
    ("in-progress", "step-discontinued"): "scheduled",
    ("scheduled", "order-cancelled"): "cancelled",
    ("cancelled", "order-renewed"): "scheduled",
}

#: Performed Procedure Step Status (0040,0252), PS3.3 C.4.14.
STEP_STATES = ("IN PROGRESS", "COMPLETED", "DISCONTINUED")

STEP_MOVES: Moves = {
    ("IN PROGRESS", "IN PROGRESS"): "IN PROGRESS",
    ("IN PROGRESS", "COMPLETED"): "COMPLETED",
    ("IN PROGRESS", "DISCONTINUED"): "DISCONTINUED",
}

MODALITIES = ("DX", "CR", "CT", "MR", "US", "ECG", "MG", "XA", "RF", "ES")
SEXES = ("M", "F", "O", "")
#: A study whose listed instances do not all come, or whose step nobody ends, is read without them after this.
PATIENCE_SECONDS = 3600.0
#: The same for instances that could not be taken and that nobody sends again.
RETRY_SECONDS = 300.0

DATE = re.compile(r"[0-9]{8}")
TIME = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?")
#: What a column and the VR of its element hold.
LONGEST = {
    "accession": 16, "placer_number": 64, "filler_number": 64, "patient_id": 64, "name": 64,
    "station_ae": 16, "description": 64, "code_value": 16, "code_scheme": 16, "body_part": 16,
    "referring": 64, "reason": 1024, "study_instance_uid": 64, "procedure_id": 16, "step_id": 16,
}  # fmt: skip
CODE = re.compile(r"[A-Z0-9 _]*")  # VR CS
UID = re.compile(r"[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True)
class OrderFacts:
    """What an order says. Dates are YYYYMMDD and times HHMM[SS], local to the county, as in DICOM."""

    patient_id: str
    name: str
    modality: str
    scheduled_date: str
    scheduled_time: str = ""
    sex: str = ""
    birth_date: str = ""
    description: str = ""
    body_part: str = ""
    station_ae: str = ""
    accession: str = ""
    placer_number: str = ""
    filler_number: str = ""
    code_value: str = ""
    code_scheme: str = ""
    referring: str = ""
    reason: str = ""
    study_instance_uid: str = ""
    procedure_id: str = ""
    step_id: str = ""


def check_order(facts: OrderFacts) -> None:
    """Raise Refused, naming every fault at once, where a device could not work with the order."""
    faults = [*_text_faults(facts), *_code_faults(facts), *_day_faults(facts)]
    if faults:
        raise Refused.for_all(faults)


def _text_faults(facts: OrderFacts) -> Iterator[Sentence]:
    for name, longest in LONGEST.items():
        value = getattr(facts, name)
        if name in ("patient_id", "name") and not value.strip():
            yield Sentence("%(field)s is missing", {"field": name})
        if len(value) > longest:
            said = {"field": name, "most": longest}
            yield Sentence("%(field)s has more than %(most)s characters", said)
        if name != "reason" and any(ch < " " or ch == "\\" for ch in value):
            yield Sentence("%(field)s holds a backslash or a control character", {"field": name})


def _code_faults(facts: OrderFacts) -> Iterator[Sentence]:
    if not CODE.fullmatch(facts.body_part):
        yield Sentence("body_part is no code of capital letters, digits, blanks and _, such as CHEST")
    if not facts.station_ae.isascii():
        yield Sentence("station_ae is no AE title: it holds more than ASCII characters")
    if facts.modality not in MODALITIES:
        yield Sentence("modality is none of %(some)s", {"some": ", ".join(MODALITIES)})
    if facts.sex not in SEXES:
        yield Sentence("sex is none of M, F, O")
    if facts.study_instance_uid and not UID.fullmatch(facts.study_instance_uid):
        yield Sentence("study_instance_uid is no UID")


def _day_faults(facts: OrderFacts) -> Iterator[Sentence]:
    if not is_date(facts.scheduled_date):
        yield Sentence("scheduled_date is no date YYYYMMDD")
    if facts.birth_date and not is_date(facts.birth_date):
        yield Sentence("birth_date is no date YYYYMMDD")
    both = is_date(facts.scheduled_date) and is_date(facts.birth_date)
    if both and facts.birth_date > facts.scheduled_date:
        yield Sentence("birth_date is after scheduled_date")
    if facts.scheduled_time and not TIME.fullmatch(facts.scheduled_time):
        yield Sentence("scheduled_time is no time HHMM")


def is_date(text: str) -> bool:
    """Tell whether a text is a day of the calendar as DICOM writes it."""
    if not DATE.fullmatch(text):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
