"""Modality Worklist (PS3.4 K): the calling site's orders that a device may begin."""

from collections.abc import Iterator
from typing import Any

import structlog
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.events import Event
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.errors import Unreadable
from dicom.identifier import Asked, build_answer, fits, read_identifier
from dicom.services import Answer, Front
from dicom.services.query import Cancelled, Reply, said, to_the_end
from dicom.status import (
    CANCEL,
    FIND_CANNOT_UNDERSTAND,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    PENDING,
    PENDING_WITHOUT_ALL_KEYS,
)
from hub.domain.matching import has_wildcard
from hub.errors import Refused
from hub.store.orders import scheduled
from hub.store.tables import ExamOrder

WORKLIST_FIND = "1.2.840.10008.5.1.4.31"
STEPS, STATION = "ScheduledProcedureStepSequence", "ScheduledStationAETitle"

CONTEXTS = [build_context(WORKLIST_FIND, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]

log = structlog.get_logger("dicom.worklist")


def answers(front: Front) -> dict[tuple[evt.EventType, str], Answer]:
    """Return what answers C-FIND for the worklist."""
    return {(evt.EVT_C_FIND, WORKLIST_FIND): lambda event: find(front, event)}


def find(front: Front, event: Event) -> Reply:
    """Answer one query; the audit row is written before the first answer."""
    try:
        caller = front.caller(event.assoc)
        asked = read_identifier(event.identifier)
        character_set, items = _matched(front, caller, asked)
        replies = _replies(event, asked, character_set, items)
        yield from to_the_end(front, caller, "C-FIND worklist", replies)
    except Unreadable as error:
        yield said(FIND_CANNOT_UNDERSTAND, str(error)), None
    except Cancelled:
        yield CANCEL, None
    except Refused as error:
        yield said(NOT_AUTHORISED, str(error)), None
    except SQLAlchemyError as error:
        log.warning("a worklist could not be answered", kind=type(error).__name__)
        yield said(OUT_OF_RESOURCES, "the index is not there"), None


def item_of(order: ExamOrder, station: str) -> dict[str, Any]:
    """Return an order as a worklist item, by keyword (PS3.4 table K.6-1); `station` is who may do it."""
    code = {
        "CodeValue": order.code_value, "CodingSchemeDesignator": order.code_scheme or "99HUB",
        "CodeMeaning": order.description,
    }  # fmt: skip
    codes = [code] if order.code_value and order.description else []
    step = {
        "Modality": order.modality, STATION: order.station_ae or station,
        "ScheduledProcedureStepStartDate": order.scheduled_date,
        "ScheduledProcedureStepStartTime": order.scheduled_time or "000000",
        "ScheduledProcedureStepID": order.step_id, "ScheduledProcedureStepDescription": order.description,
        "ScheduledPerformingPhysicianName": "", "ScheduledStationName": "",
        "ScheduledProtocolCodeSequence": codes, "ScheduledProcedureStepStatus": "SCHEDULED",
    }  # fmt: skip
    return {
        "PatientName": order.name, "PatientID": order.patient_id, "PatientBirthDate": order.birth_date,
        "PatientSex": order.sex, "AccessionNumber": order.accession, "IssuerOfPatientID": "",
        "StudyInstanceUID": order.study_instance_uid, "RequestedProcedureID": order.procedure_id,
        "RequestedProcedureDescription": order.description, "RequestedProcedureCodeSequence": codes,
        "ReferringPhysicianName": order.referring, "RequestingPhysician": order.referring,
        "PlacerOrderNumberImagingServiceRequest": order.placer_number,
        "FillerOrderNumberImagingServiceRequest": order.filler_number,
        "ReasonForTheRequestedProcedure": order.reason[:64].replace("\n", " "),
        "InstitutionName": order.site.label, "BodyPartExamined": order.body_part, STEPS: [step],
    }  # fmt: skip


def _matched(front: Front, caller: Caller, asked: Asked) -> tuple[str, list[dict[str, Any]]]:
    with front.store.reading() as session:
        peer = front.peer(session, caller)
        station = _station(asked, caller)
        items = [item_of(order, station) for order in scheduled(session, peer.site.id)]
    matched = [item for item in items if fits(asked, item)]
    front.note(caller, "search", "C-FIND worklist", f"{_words(asked)} found {len(matched)}")
    return peer.character_set, matched


def _station(asked: Asked, caller: Caller) -> str:
    """An order for any device is for the one that asks, under the title by which it asks for its own."""
    title = asked.sequences.get(STEPS, Asked()).keys.get(STATION, "").strip()
    return caller.calling_ae if not title or has_wildcard("AE", title) or "\\" in title else title


def _words(asked: Asked) -> str:
    inner = asked.sequences.get(STEPS, Asked()).keys
    return " ".join(f"{name}={key}" for name, key in {**asked.keys, **inner}.items() if key)


def _replies(
    event: Event, asked: Asked, character_set: str, items: list[dict[str, Any]]
) -> Iterator[tuple[int | Dataset, Dataset | None]]:
    for item in items:
        if event.is_cancelled:
            raise Cancelled
        whole = all(name in item for name in (*asked.keys, *asked.sequences))
        yield PENDING[0] if whole else PENDING_WITHOUT_ALL_KEYS, build_answer(asked, item, character_set)
