"""ORM^O01: what an order message says, as an order of ours."""

import re

from hub.domain.order import OrderFacts
from hub.errors import Refused
from hub.hl7.message import Message

NEW, CHANGE, CANCEL = "NW", "XO", "CA"
#: Order control codes (HL7 table 0119) that are understood.
CONTROLS = {"NW": NEW, "XO": CHANGE, "CA": CANCEL, "DC": CANCEL, "OC": CANCEL}
#: Diagnostic service sections and modalities (HL7 table 0074) as senders write them.
MODALITIES = {
    "CT": "CT", "MR": "MR", "MRI": "MR", "NMR": "MR", "US": "US", "RUS": "US", "DX": "DX", "DR": "DX",
    "RAD": "DX", "RX": "DX", "XR": "DX", "CR": "CR", "EC": "ECG", "ECG": "ECG", "EKG": "ECG", "MG": "MG",
    "XA": "XA", "RF": "RF", "ES": "ES",
}  # fmt: skip
SEXES = {"M": "M", "F": "F", "O": "O", "A": "O", "1": "M", "2": "F", "男": "M", "女": "F"}
#: Name representation codes (HL7 table 4000) by the component group of a DICOM name.
GROUPS = {"A": 0, "": 0, "I": 1, "P": 2}


def control_of(message: Message) -> str:
    """Return what is to be done with the order. Raises Refused for anything but new, change and cancel."""
    said = message.field("ORC", 1).upper()
    if said not in CONTROLS:
        raise Refused(f"ORC-1 '{said[:8]}' is none of {', '.join(CONTROLS)}")
    return CONTROLS[said]


def order_facts(message: Message, today: str) -> OrderFacts:
    """Return the order; `today` stands for a scheduled day that is not said. Nothing is checked yet."""
    date, time = _when(message, today)
    return OrderFacts(
        patient_id=message.field("PID", 3), name=_name(message), modality=_modality(message),
        scheduled_date=date, scheduled_time=time, sex=SEXES.get(message.field("PID", 8).upper(), ""),
        birth_date=message.field("PID", 7)[:8], description=message.field("OBR", 4, 2)[:64],
        station_ae=message.field("OBR", 21)[:16], accession=accession_of(message),
        placer_number=placer_of(message), filler_number=message.field("ORC", 3) or message.field("OBR", 3),
        code_value=message.field("OBR", 4)[:16], code_scheme=message.field("OBR", 4, 3)[:16],
        referring=_person(message, "OBR", 16), reason=message.field("OBR", 31, 2) or message.field("OBR", 31),
        study_instance_uid=message.field("ZDS", 1), procedure_id=message.field("OBR", 19)[:16],
        step_id=message.field("OBR", 20)[:16],
    )  # fmt: skip


def placer_of(message: Message) -> str:
    """Return the number under which the sender knows the order."""
    return message.field("ORC", 2) or message.field("OBR", 2)


def accession_of(message: Message) -> str:
    """Return the accession number, where the sender gives one."""
    return message.field("OBR", 18)


def _modality(message: Message) -> str:
    said = message.field("OBR", 24).upper()
    return MODALITIES.get(said, said[:16])


def _when(message: Message, today: str) -> tuple[str, str]:
    for segment, number, component in (("OBR", 36, 1), ("ORC", 7, 4), ("OBR", 27, 4), ("OBR", 6, 1)):
        matched = re.match(r"(\d{8})(\d{4})?", message.field(segment, number, component))
        if matched:
            return matched[1], matched[2] or ""
    return today, ""


def _name(message: Message) -> str:
    """Return PID-5 as DICOM writes names: repetitions by their representation code as component groups."""
    groups = ["", "", ""]
    for repetition in range(1, min(message.repetitions("PID", 5), 5) + 1):
        parts = [message.field("PID", 5, component, repetition) for component in (1, 2, 3)]
        code = message.field("PID", 5, 8, repetition).upper()
        at = GROUPS.get(code, 0)
        groups[at] = groups[at] or _joined(parts)
    return "=".join(groups).rstrip("=")


def _person(message: Message, segment: str, number: int) -> str:
    return _joined([message.field(segment, number, component) for component in (2, 3)])[:64]


def _joined(parts: list[str]) -> str:
    return "^".join(part.replace("=", " ").replace("^", " ") for part in parts).rstrip("^")
