"""Storage Commitment Push Model (PS3.4 J): asked by those who sent, and answered by those to whom we sent."""

from collections.abc import Iterator
from typing import cast

import structlog
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.events import Event
from sqlalchemy.exc import SQLAlchemyError

from dicom.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE, result_in
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.services import Answer, Front, entry_for
from dicom.status import INVALID_ARGUMENT, NO_SUCH_OBJECT, NOT_AUTHORISED, PROCESSING_FAILURE, SUCCESS
from hub.errors import NotYours, Refused
from hub.store import audit
from hub.store.commitments import AnotherList, Wanted, ask_for, take_result

REQUEST_COMMITMENT = 1  # action type, PS3.4 J.3.2
#: More than this is asked for in several transactions.
MOST_INSTANCES = 20_000

CONTEXTS = [build_context(PUSH_MODEL, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]
# The hub is the SCP of what is asked here and, for its own questions, the SCU to whom results come.
CONTEXTS[0].scu_role = CONTEXTS[0].scp_role = True

Reply = tuple[int, Dataset | None]

log = structlog.get_logger("dicom.commitment")


def answers(front: Front) -> dict[tuple[evt.EventType, str], Answer]:
    """Return what answers requests for commitment, and reports of results."""
    return {
        (evt.EVT_N_ACTION, PUSH_MODEL): lambda event: asked(front, event),
        (evt.EVT_N_EVENT_REPORT, PUSH_MODEL): lambda event: told(front, event),
    }


def asked(front: Front, event: Event) -> Reply:
    """Write down what the caller wants to know; the answer comes on an association of its own."""
    caller = front.caller(event.assoc)
    try:
        transaction, wanted = _request_in(event)
        with front.store.writing() as session:
            peer = front.peer(session, caller)
            if peer.node is None:
                raise _NoNode(f"{caller.calling_ae} has no node to which the result could be sent")
            ask_for(session, peer, caller.calling_ae, transaction, wanted)
            said = f"{len(wanted)} instances"
            audit.append(session, entry_for(caller, "commitment", f"commitment:{transaction}", said))
    except (ValueError, AnotherList) as error:
        return _refused(front, event, INVALID_ARGUMENT, str(error))
    except _NoNode as error:
        return _refused(front, event, PROCESSING_FAILURE, str(error))
    except Refused as error:
        return _refused(front, event, NOT_AUTHORISED, str(error))
    except SQLAlchemyError as error:
        log.warning("a commitment could not be written down", kind=type(error).__name__)
        return PROCESSING_FAILURE, None
    return SUCCESS, None


def told(front: Front, event: Event) -> Reply:
    """Take a destination's result about a report that was sent to it."""
    caller = front.caller(event.assoc)
    try:
        result = result_in(event.event_information)
        with front.store.writing() as session:
            site = front.peer(session, caller).site
            take_result(session, site.id, result.transaction_uid, result.committed, result.failed)
            said = f"{len(result.committed)} committed, {len(result.failed)} not"
            thing = f"commitment:{result.transaction_uid}"
            audit.append(session, entry_for(caller, "commitment", thing, said, "told"))
    except ValueError as error:
        return _refused(front, event, INVALID_ARGUMENT, str(error))
    except NotYours as error:
        return _refused(front, event, NO_SUCH_OBJECT, str(error))
    except (Refused, SQLAlchemyError):
        return PROCESSING_FAILURE, None
    return SUCCESS, None


class _NoNode(Exception):
    """Nobody has said where the caller listens, so that the result could not be told."""


def _request_in(event: Event) -> tuple[str, list[Wanted]]:
    """Return the transaction and what is asked about. Raises ValueError where that is not understood."""
    instance = str(cast(N_ACTION, event.request).RequestedSOPInstanceUID or "")
    if event.action_type != REQUEST_COMMITMENT or instance != PUSH_MODEL_INSTANCE:
        raise ValueError("no request for storage commitment")
    said = _information(event)
    transaction = str(said.get("TransactionUID", "") or "")
    wanted = list(_wanted(said))
    if not 0 < len(transaction) <= 64 or not 0 < len(wanted) <= MOST_INSTANCES:
        raise ValueError("TransactionUID or ReferencedSOPSequence is missing, or too long")
    return transaction, wanted


def _information(event: Event) -> Dataset:
    try:
        return event.action_information
    except Exception as error:  # pydicom raises whatever a broken byte leads it to
        raise ValueError(f"the request cannot be read: {type(error).__name__}") from None


def _wanted(said: Dataset) -> Iterator[Wanted]:
    for item in said.get("ReferencedSOPSequence") or ():
        uid = str(item.get("ReferencedSOPInstanceUID", "") or "")
        yield Wanted(str(item.get("ReferencedSOPClassUID", "") or "")[:128], uid[:128])


def _refused(front: Front, event: Event, status: int, why: str) -> Reply:
    caller = front.caller(event.assoc)
    front.refusals.note(entry_for(caller, "commitment", "commitment", f"0x{status:04X} {why}", "refused"))
    return status, None
