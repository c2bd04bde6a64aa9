"""C-FIND of the query/retrieve models (PS3.4 C.4.1): what the calling site may see, if it is whole."""

from collections.abc import Iterator

import structlog
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.events import Event
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE, STUDY_ROOT_FIND
from dicom.errors import Unreadable
from dicom.identifier import Asked, build_answer, read_identifier
from dicom.services import Answer, Front
from dicom.status import (
    CANCEL,
    FAULT_OF_OURS,
    FIND_CANNOT_UNDERSTAND,
    IDENTIFIER_MISMATCH,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    PENDING,
    PENDING_WITHOUT_ALL_KEYS,
)
from hub.domain.matching import is_universal
from hub.domain.scope import Scope
from hub.errors import Refused
from hub.store.query import Match, found, known

PATIENT_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.1.1"
#: The levels of each model, from the top (PS3.4 C.6.1, C.6.2).
MODELS = {
    PATIENT_ROOT_FIND: ("PATIENT", "STUDY", "SERIES", "IMAGE"),
    STUDY_ROOT_FIND: ("STUDY", "SERIES", "IMAGE"),
}
#: The unique key of each level.
UNIQUE = {
    "PATIENT": "PatientID", "STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}  # fmt: skip
#: A question with more answers is to be asked more narrowly.
MOST_ANSWERS = 5000

CONTEXTS = [build_context(model, [EXPLICIT_LITTLE, IMPLICIT_LITTLE]) for model in MODELS]

Reply = Iterator[tuple[int | Dataset, Dataset | None]]

log = structlog.get_logger("dicom.query")


class Cancelled(Exception):
    """The caller wants no more answers."""


class Misfit(Exception):
    """The identifier does not fit the model: its level, or a unique key above that, is missing."""


def answers(front: Front) -> dict[tuple[evt.EventType, str], Answer]:
    """Return what answers C-FIND in both models."""
    return {(evt.EVT_C_FIND, model): lambda event: find(front, event) for model in MODELS}


def find(front: Front, event: Event) -> Reply:
    """Answer one query; the audit row is written before the first answer."""
    model = str(event.context.abstract_syntax)
    try:
        caller = front.caller(event.assoc)
        asked = read_identifier(event.identifier)
        check_levels(asked, MODELS[model])
        character_set, matched = _matched(front, caller, asked, event)
    except Unreadable as error:
        yield said(FIND_CANNOT_UNDERSTAND, str(error)), None
    except Cancelled:
        yield CANCEL, None
    except Misfit as error:
        yield said(IDENTIFIER_MISMATCH, str(error)), None
    except Refused as error:
        yield said(NOT_AUTHORISED, str(error)), None
    except SQLAlchemyError as error:
        log.warning("a query could not be answered", kind=type(error).__name__)
        yield said(OUT_OF_RESOURCES, "the index is not there"), None
    else:
        replies = _replies(event, asked, character_set, matched)
        yield from to_the_end(front, caller, f"C-FIND {asked.level}", replies)


def to_the_end(front: Front, caller: Caller, thing: str, replies: Reply) -> Reply:
    """Yield the replies; where a fault of the hub ends them, say so to the caller, the log and the audit."""
    try:
        yield from replies
    except Cancelled:
        raise
    except Exception as error:  # pydicom raises whatever a value leads it to
        log.exception("an answer could not be given to its end", thing=thing)
        front.note(caller, "search", thing, f"not answered to its end: {type(error).__name__}", "failed")
        yield said(FAULT_OF_OURS, "a fault of the hub ended this answer; see its log"), None


def check_levels(asked: Asked, levels: tuple[str, ...]) -> None:
    """Raise Misfit where the level is none of `levels`, or a unique key above it names nothing."""
    if asked.level not in levels:
        raise Misfit(f"QueryRetrieveLevel is none of {', '.join(levels)}")
    for above in levels[: levels.index(asked.level)]:
        if is_universal(asked.keys.get(UNIQUE[above], "")):
            raise Misfit(f"{UNIQUE[above]} is needed at this level")


def _matched(front: Front, caller: Caller, asked: Asked, event: Event) -> tuple[str, list[Match]]:
    """Return the caller's character set and what matches, with the audit row of the search written."""
    matched: list[Match] = []
    with front.store.reading() as session:
        peer = front.peer(session, caller)
        scope = Scope(frozenset({peer.site.id}))
        for match in found(session, scope, asked.level, asked.keys):
            if event.is_cancelled:
                raise Cancelled
            matched.append(match)
            if len(matched) > MOST_ANSWERS:
                break
    words = " ".join(f"{name}={key}" for name, key in asked.keys.items() if key)
    front.note(caller, "search", f"C-FIND {asked.level}", f"{words} found {len(matched)}")
    return peer.character_set, matched


def _replies(event: Event, asked: Asked, character_set: str, matched: list[Match]) -> Reply:
    whole = all(known(name, asked.level) or name in _ADDED for name in asked.keys) and not asked.sequences
    status = PENDING[0] if whole else PENDING_WITHOUT_ALL_KEYS
    title = str(event.assoc.acceptor.ae_title).strip()
    for match in matched[:MOST_ANSWERS]:
        if event.is_cancelled:
            yield CANCEL, None
            return
        match["RetrieveAETitle"] = title
        match["InstanceAvailability"] = "UNAVAILABLE" if match.get("_damaged") else "ONLINE"
        answer = build_answer(asked, match, character_set)
        answer.RetrieveAETitle = title
        yield status, answer
    if len(matched) > MOST_ANSWERS:
        yield said(OUT_OF_RESOURCES, f"more than {MOST_ANSWERS} answers: ask more narrowly"), None


#: What every answer carries, whatever the index holds.
_ADDED = ("RetrieveAETitle", "InstanceAvailability")


def said(status: int, comment: str) -> Dataset:
    """Return a status with the sentence that explains it."""
    told = Dataset()
    told.Status, told.ErrorComment = status, comment[:64]  # PS3.7 C.4.2, VR LO
    return told
