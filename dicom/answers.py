"""What a receiver's answer to C-STORE means to who sends, and what may be done (PS3.4 B.2.3, PS3.7 C)."""

from typing import NamedTuple

from dicom.status import (
    CANNOT_UNDERSTAND,
    CLASS_NOT_SUPPORTED,
    COERCED,
    DATA_SET_MISMATCH,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
)


class Answer(NamedTuple):
    """A status in words: what happened, and what is to be done."""

    meaning: str
    advice: str


_ANSWERS = {
    CLASS_NOT_SUPPORTED: Answer(
        "SOP class not supported",
        "the receiver keeps no objects of this kind: have the class added there, or send to another receiver",
    ),
    NOT_AUTHORISED: Answer(
        "not authorised",
        "nothing was kept: the object belongs to another site, or the caller's site or device is switched "
        "off; look at the receiver's audit trail, and call with the AE title of the site whose object it is",
    ),
    PROCESSING_FAILURE: Answer(
        "processing failure", "the fault is in the receiver: look at its log there, then send again"
    ),
    COERCED: Answer(
        "a warning that not all is as it was sent",
        "a Reading Hub holds another content under this SOP Instance UID: that one stays and is shown, "
        "yours was kept aside for a person to look at; any other receiver kept it with elements changed",
    ),
    0xB006: Answer("elements discarded", "the object was kept without some elements: look at it there"),
    0xB007: Answer(
        "does not match its SOP class", "the object was kept, but breaks its SOP class: look at its maker"
    ),
}
#: By their first digits: the standard gives the others to the receiver.
_KINDS = {
    OUT_OF_RESOURCES >> 8: Answer(
        "out of resources",
        "nothing was kept: the receiver's disk or database is full or away, or the object is too large "
        "for it; free room there and send again",
    ),
    DATA_SET_MISMATCH >> 8: Answer(
        "the data set does not match its SOP class",
        "nothing was kept: SOPClassUID or SOPInstanceUID differ in file meta and data set; mend the file",
    ),
    CANNOT_UNDERSTAND >> 8: Answer(
        "cannot understand",
        "nothing was kept: the object is broken, or one of its UIDs is none that the standard allows; "
        "the receiver's audit trail names the element; mend the file",
    ),
}


def storage_answer(status: int) -> Answer:
    """Return what a C-STORE status says in words."""
    kind = CANNOT_UNDERSTAND >> 8 if status >> 12 == CANNOT_UNDERSTAND >> 12 else status >> 8
    unnamed = Answer("a status of the receiver's own", "look at its conformance statement or its log")
    return _ANSWERS.get(status) or _KINDS.get(kind) or unnamed
