"""Modality Performed Procedure Step (PS3.4 F.7): a device says what it begins, and what it made."""

from collections.abc import Iterator
from typing import cast

import structlog
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.dimse_primitives import N_CREATE, N_SET
from pynetdicom.events import Event
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.services import Answer, Front, entry_for
from dicom.status import (
    DUPLICATE_OBJECT,
    INVALID_ATTRIBUTE_VALUE,
    MISSING_ATTRIBUTE,
    NO_SUCH_OBJECT,
    NOT_AUTHORISED,
    NOT_UPDATED_ANY_MORE,
    PROCESSING_FAILURE,
    SUCCESS,
)
from hub.domain.order import STEP_STATES
from hub.errors import HubError, NotYours, Refused
from hub.store import audit
from hub.store.performed_steps import Duplicate, Ended, Started, start_step, update_step

PERFORMED_STEP = "1.2.840.10008.3.1.2.3.3"
#: What a series lists: images, and waveforms, reports and the like (PS3.3 C.4.15).
LISTS = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")
#: More than this is no step of one patient's.
MOST_LISTED = 100_000

CONTEXTS = [build_context(PERFORMED_STEP, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]

Reply = tuple[int | Dataset, Dataset | None]

log = structlog.get_logger("dicom.performed_step")


class Faulty(HubError):
    """The request cannot be taken, and its status says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def answers(front: Front) -> dict[tuple[evt.EventType, str], Answer]:
    """Return what answers the beginning of a step, and each word about it later."""
    return {
        (evt.EVT_N_CREATE, PERFORMED_STEP): lambda event: _answered(front, event, _create),
        (evt.EVT_N_SET, PERFORMED_STEP): lambda event: _answered(front, event, _set),
    }


def _create(front: Front, event: Event, caller: Caller) -> Dataset:
    said = event.attribute_list
    uid = str(cast(N_CREATE, event.request).AffectedSOPInstanceUID or "").strip()
    if not uid:
        raise Faulty(MISSING_ATTRIBUTE, "the step has no SOP Instance UID")
    if str(said.get("PerformedProcedureStepStatus", "")) != "IN PROGRESS":
        raise Faulty(INVALID_ATTRIBUTE_VALUE, "a step begins as IN PROGRESS")
    scheduled = (said.get("ScheduledStepAttributesSequence") or [Dataset()])[0]
    study = str(scheduled.get("StudyInstanceUID", "") or "")
    if not study:
        raise Faulty(MISSING_ATTRIBUTE, "StudyInstanceUID of the step is missing")
    accession = str(scheduled.get("AccessionNumber", "") or "")[:16]
    modality = str(said.get("Modality", "") or "")[:16]
    with front.store.writing() as session:
        site = front.peer(session, caller).site
        started = Started(uid[:64], study[:64], accession, modality, caller.calling_ae)
        step = start_step(session, site.id, started)
        known = "of an order" if step.order_id else "of no order here"
        audit.append(session, entry_for(caller, "step", f"step:{uid}", f"IN PROGRESS {known}"))
    return said


def _set(front: Front, event: Event, caller: Caller) -> Dataset:
    said = event.modification_list
    uid = str(cast(N_SET, event.request).RequestedSOPInstanceUID or "").strip()
    state = str(said.get("PerformedProcedureStepStatus", "") or "")
    if state and state not in STEP_STATES:
        raise Faulty(INVALID_ATTRIBUTE_VALUE, "PerformedProcedureStepStatus is none of the standard's")
    listed = list(_listed(said)) if "PerformedSeriesSequence" in said else None
    if listed is not None and len(listed) > MOST_LISTED:
        raise Faulty(INVALID_ATTRIBUTE_VALUE, "more instances are listed than a step makes")
    with front.store.writing() as session:
        site = front.peer(session, caller).site
        step = update_step(session, site.id, uid, state, listed)
        detail = f"{step.state} with {len(step.expected)} instances"
        audit.append(session, entry_for(caller, "step", f"step:{uid}", detail))
    return said


def _listed(said: Dataset) -> Iterator[str]:
    """Yield each instance of the series once."""
    seen: set[str] = set()
    for series in said.get("PerformedSeriesSequence") or ():
        for keyword in LISTS:
            for item in series.get(keyword) or ():
                uid = str(item.get("ReferencedSOPInstanceUID", "") or "")[:128]
                if uid and uid not in seen:
                    seen.add(uid)
                    yield uid


def _answered(front: Front, event: Event, act) -> Reply:  # type: ignore[no-untyped-def]
    """Do `act` and return its answer; what is wrong is refused with the standard's status, and audited."""
    caller = front.caller(event.assoc)
    try:
        return SUCCESS, act(front, event, caller)
    except Faulty as error:
        return _refused(front, event, error.status, error)
    except Duplicate as error:
        return _refused(front, event, DUPLICATE_OBJECT, error)
    except Ended as error:
        return _refused(front, event, PROCESSING_FAILURE, error)
    except NotYours:
        absent = HubError("this site has no step under this SOP Instance UID")
        return _refused(front, event, NO_SUCH_OBJECT, absent)
    except Refused as error:
        return _refused(front, event, NOT_AUTHORISED, error)
    except SQLAlchemyError as error:
        log.warning("a step could not be written down", kind=type(error).__name__)
        return PROCESSING_FAILURE, None
    except Exception as error:  # pydicom raises whatever a broken byte leads it to
        return _refused(front, event, PROCESSING_FAILURE, error)


def _refused(front: Front, event: Event, status: int, error: Exception) -> Reply:
    """Say why in the 64 characters of an ErrorComment; which step it is about stands in the audit row."""
    why = str(error) if isinstance(error, HubError) else type(error).__name__
    said_uid = getattr(event.request, "AffectedSOPInstanceUID", "") or ""
    uid = str(said_uid or getattr(event.request, "RequestedSOPInstanceUID", "") or "")[:64]
    row = entry_for(
        front.caller(event.assoc), "step", f"step:{uid}".rstrip(":"), f"0x{status:04X} {why}", "refused"
    )
    front.refusals.note(row)
    said = Dataset()
    said.Status, said.ErrorComment = status, why[:64]
    if isinstance(error, Ended):
        said.ErrorID = NOT_UPDATED_ANY_MORE
    return said, None
