"""What the index needs of an object, read from its first elements and never from its pixels."""

import hashlib
import mmap
import re
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from dicom.charset import codecs_of, name_shown, text_shown
from dicom.elements import Buffer, Value, first_elements, head_of, layout_of
from dicom.errors import Unreadable
from dicom.part10 import data_set_place
from hub.domain.matching import NAME_LENGTH, plain_date
from hub.domain.person_name import ShownName

# Tags read (PS3.6). SPECIFIC_CHARACTER_SET says how the texts are encoded.
SPECIFIC_CHARACTER_SET = 0x00080005
SOP_CLASS_UID, SOP_INSTANCE_UID = 0x00080016, 0x00080018
STUDY_INSTANCE_UID, SERIES_INSTANCE_UID = 0x0020000D, 0x0020000E
PATIENT_NAME, PATIENT_ID = 0x00100010, 0x00100020
HISTORY = 0x001021B0  # AdditionalPatientHistory, VR LT: one text, in which a backslash separates nothing
SERIES_NUMBER, INSTANCE_NUMBER = 0x00200011, 0x00200013
LATERALITY, IMAGE_LATERALITY = 0x00200060, 0x00200062
NUMBER_OF_FRAMES, ROWS, COLUMNS = 0x00280008, 0x00280010, 0x00280011
#: Texts by the name of their field: tag, and the characters that its column holds.
TEXTS = {
    "modality": (0x00080060, 16),
    "study_date": (0x00080020, 16),
    "study_time": (0x00080030, 16),
    "study_description": (0x00081030, 128),
    "series_description": (0x0008103E, 128),
    "body_part": (0x00180015, 64),
    "view_position": (0x00185101, 16),
    "accession_number": (0x00080050, 64),
    "study_id": (0x00200010, 16),
    "issuer_of_patient_id": (0x00100021, 64),
    "birth_date": (0x00100030, 16),
    "sex": (0x00100040, 16),
    "age": (0x00101010, 16),
    "history": (HISTORY, 1024),
    "referring": (0x00080090, NAME_LENGTH),
    "institution": (0x00080080, 64),
    "station": (0x00081010, 64),
}
NEEDED_UIDS = {
    SOP_INSTANCE_UID: "SOPInstanceUID (0008,0018)",
    STUDY_INSTANCE_UID: "StudyInstanceUID (0020,000D)",
    SERIES_INSTANCE_UID: "SeriesInstanceUID (0020,000E)",
}
SHARED_UIDS = {
    STUDY_INSTANCE_UID: NEEDED_UIDS[STUDY_INSTANCE_UID],
    SERIES_INSTANCE_UID: NEEDED_UIDS[SERIES_INSTANCE_UID],
    SOP_CLASS_UID: "SOPClassUID (0008,0016)",
}
#: What says of which study an object is.
NAMING = frozenset({SOP_INSTANCE_UID, STUDY_INSTANCE_UID})
#: What no two instances of a series have in common.
OWN = (SOP_INSTANCE_UID, INSTANCE_NUMBER)
WANTED = frozenset(
    {SPECIFIC_CHARACTER_SET, SOP_CLASS_UID, PATIENT_NAME, PATIENT_ID, SERIES_NUMBER, INSTANCE_NUMBER,
     LATERALITY, IMAGE_LATERALITY, NUMBER_OF_FRAMES, ROWS, COLUMNS, *NEEDED_UIDS}
    | {tag for tag, _ in TEXTS.values()}
)  # fmt: skip
#: Bytes of values that are remembered for a series; longer ones are read each time.
MOST_SHARED = 8 * 1024
UID_LENGTH = 64  # PS3.5 9.1
_DIGITS_AND_DOTS = re.compile(r"\d+(\.\d+)*", re.ASCII).fullmatch
_INTEGER = re.compile(rb"\s*([+-]?\d{1,12})\s*").fullmatch
_BYTES = itemgetter(1)
_LEADING_ZERO = re.compile(r"(^|\.)0\d").search
#: What a UID's column holds; a longer one cannot be told from another by its row.
UID_COLUMN = 128
NAME_BYTES = 4 * NAME_LENGTH
PATIENT_ID_LENGTH = 64
LARGEST_NUMBER = 2**31 - 1
INTEGER_SIZES = {b"US": 2, b"SS": 2, b"UL": 4, b"SL": 4, b"": 2}


class Header(NamedTuple):
    """What the index keeps of one object. Texts are cut to what a column holds and never hold NUL.

    `uid_fault` is a sentence when a UID breaks PS3.5 9.1, else empty; `faults` name what else was odd.
    """

    transfer_syntax: str
    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient_name_raw: bytes
    patient_name: ShownName
    patient_id: str
    laterality: str
    series_number: int | None
    instance_number: int | None
    rows: int
    columns: int
    frames: int
    modality: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    series_description: str = ""
    body_part: str = ""
    view_position: str = ""
    accession_number: str = ""
    study_id: str = ""
    issuer_of_patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    age: str = ""
    history: str = ""
    referring: str = ""
    institution: str = ""
    station: str = ""
    uid_fault: str = ""
    faults: tuple[str, ...] = ()


def read_header(dataset: Buffer, transfer_syntax: str) -> Header:
    """Return the header of the data set's bytes as received under `transfer_syntax`.

    Raises Unreadable, with a sentence, when a Study, Series or SOP Instance UID is missing or is longer
    than any column; whatever else is wrong becomes an empty value or a fault. Takes well under 1 ms, and of
    the next instance of a series only what is its own is read.
    """
    head = head_of(dataset, transfer_syntax)
    found, faults = first_elements(head, layout_of(head, transfer_syntax), WANTED)
    instance = _needed(found, SOP_INSTANCE_UID)
    own = {tag: found.pop(tag) for tag in OWN if tag in found}
    size = sum(map(len, map(_BYTES, found.values())))
    shared = (_shared if size <= MOST_SHARED else _shared.__wrapped__)(transfer_syntax, tuple(found.items()))
    return shared._replace(
        sop_instance_uid=instance,
        instance_number=_integer(own, INSTANCE_NUMBER),
        uid_fault=_fault_of(instance, NEEDED_UIDS[SOP_INSTANCE_UID]) or shared.uid_fault,
        faults=faults + shared.faults,
    )


@lru_cache(maxsize=256)
def _shared(transfer_syntax: str, elements: tuple[tuple[int, Value], ...]) -> Header:
    """Return what the instances of a series share; texts of devices are decoded in many steps."""
    found = dict(elements)
    study, series = (_needed(found, tag) for tag in (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID))
    codecs = codecs_of(_value(found, SPECIFIC_CHARACTER_SET))
    texts = {field: _text(found, tag, codecs) for field, (tag, _) in TEXTS.items()}
    texts |= {field: plain_date(texts[field]) for field in ("study_date", "birth_date")}
    name_raw = _value(found, PATIENT_NAME)
    shown = name_shown(name_raw[:NAME_BYTES].strip(b"\0 "), codecs)
    faults = (_fault_of(_uid(found, tag), name) for tag, name in SHARED_UIDS.items())
    return Header(
        transfer_syntax=transfer_syntax,
        sop_class_uid=_uid(found, SOP_CLASS_UID)[:UID_COLUMN],
        sop_instance_uid="",
        study_instance_uid=study,
        series_instance_uid=series,
        patient_name_raw=name_raw[:NAME_BYTES],
        patient_name=ShownName(text_shown(shown.text.encode(), ("utf_8",))[:NAME_LENGTH], shown.guessed),
        patient_id=_told_apart(_text(found, PATIENT_ID, codecs)),
        laterality=(_text(found, IMAGE_LATERALITY, codecs) or _text(found, LATERALITY, codecs))[:16],
        series_number=_integer(found, SERIES_NUMBER),
        instance_number=None,
        rows=_integer(found, ROWS) or 0,
        columns=_integer(found, COLUMNS) or 0,
        frames=max(1, _integer(found, NUMBER_OF_FRAMES) or 1),
        uid_fault=next(filter(None, faults), ""),
        faults=tuple(f"{field} is cut" for field, (_, size) in TEXTS.items() if len(texts[field]) > size),
        **{field: texts[field][:size] for field, (_, size) in TEXTS.items()},
    )  # fmt: skip


def header_of_file(path: Path) -> Header:
    """Return the header of a Part 10 file, or of a bare data set whose syntax the first bytes show.

    Raises Unreadable as read_header does, and OSError when the file cannot be opened.
    """
    with path.open("rb") as file:
        try:
            content: Buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise Unreadable("the file is empty") from None
        place = data_set_place(content)
        with memoryview(content) as whole, whole[place.offset :] as data:
            return read_header(data, place.transfer_syntax)


def names_in(dataset: Buffer, transfer_syntax: str) -> tuple[str, str]:
    """Return the Study and the SOP Instance UID of a data set, whatever else is wrong with it.

    Either is empty where it cannot be read or is none that PS3.5 9.1 allows.
    """
    head = head_of(dataset, transfer_syntax)
    found, _faults = first_elements(head, layout_of(head, transfer_syntax), NAMING)
    study, instance = (_uid(found, tag) for tag in (STUDY_INSTANCE_UID, SOP_INSTANCE_UID))
    return "" if _fault_of(study, "") else study, "" if _fault_of(instance, "") else instance


def _value(found: Mapping[int, Value], tag: int) -> bytes:
    return found[tag][1] if tag in found else b""


def _uid(found: Mapping[int, Value], tag: int) -> str:
    return _value(found, tag).strip(b"\0 ").decode("ascii", "replace").replace("\0", "\ufffd")


def _needed(found: Mapping[int, Value], tag: int) -> str:
    uid = _uid(found, tag)
    if not uid:
        raise Unreadable(f"{NEEDED_UIDS[tag]} is missing or empty")
    if len(uid) > UID_COLUMN:
        long = f"has {len(uid)} characters where the standard allows {UID_LENGTH}"
        raise Unreadable(f"{NEEDED_UIDS[tag]} {long}")
    return uid


def _fault_of(uid: str, name: str) -> str:
    """Say what is wrong with a UID: too long, a leading zero, or not all digits and dots (PS3.5 9.1)."""
    if len(uid) > UID_LENGTH:
        return f"{name} has {len(uid)} characters"
    if not _DIGITS_AND_DOTS(uid):
        return f"{name} is not digits joined by dots" if uid else f"{name} is missing or empty"
    return f"{name} has a component with a leading zero" if _LEADING_ZERO(uid) else ""


def _text(found: Mapping[int, Value], tag: int, codecs: tuple[str, ...]) -> str:
    """Return the first value; split after decoding, for in GB18030 a backslash may be half a character."""
    if tag not in found:
        return ""
    text = text_shown(_value(found, tag)[:4096], codecs)
    return text if tag == PATIENT_ID else (text if tag == HISTORY else text.split("\\")[0]).strip()


def _told_apart(patient_id: str) -> str:
    """Cut an over-long PatientID so that two different ones stay different."""
    if len(patient_id) <= PATIENT_ID_LENGTH:
        return patient_id
    digest = hashlib.sha256(patient_id.encode()).hexdigest()[:16]
    return f"{patient_id[: PATIENT_ID_LENGTH - 17]}~{digest}"


def _integer(found: Mapping[int, Value], tag: int) -> int | None:
    """Return an integer whether written as digits or in binary; None when it is neither or too large."""
    if tag not in found:
        return None
    vr, value, order = found[tag]
    if tag in (ROWS, COLUMNS) and vr in INTEGER_SIZES:
        return int.from_bytes(value[: INTEGER_SIZES[vr]], order)
    digits = _INTEGER(value.split(b"\\")[0].strip(b"\0"))
    number = int(digits[1]) if digits else None
    return number if number is None or -LARGEST_NUMBER <= number <= LARGEST_NUMBER else None
