"""Taking one C-STORE: its bytes are kept as they came, its row is written, and the answer says what is true.

A SOP, Series or Study Instance UID that PS3.5 9.1 does not allow (letters, `../`, spaces, more than 64
characters) is refused with 0xC000: a report that names such an object would itself be no valid object. No
path is ever made from a UID, so this is a matter of truth and not of safety.
"""

import hashlib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import cast

import structlog
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.arriving import arrival_of, receipt_of
from dicom.associations import Associations
from dicom.errors import Unreadable
from dicom.header import Header, read_header
from dicom.part10 import part10_head
from dicom.refusals import Refusals
from dicom.status import (
    CANNOT_UNDERSTAND,
    COERCED,
    DATA_SET_MISMATCH,
    FAULT_OF_OURS,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    SUCCESS,
)
from dicom.write_turn import WriteTurn
from hub.domain.arrival import Arrival, Origin
from hub.errors import HubError, NotKept, Refused
from hub.store import Store, arrivals, audit
from hub.store.tables import Instance, KeptAside

#: A sender must have its answer within 20 s; this is what waiting for a turn may take of them.
TURN_SECONDS = 18.0

STATUS_OF = {
    "kept": SUCCESS,
    "same-again": SUCCESS,
    "kept-aside-content": COERCED,
    "kept-aside-syntax": SUCCESS,
    "aside-again-content": COERCED,
    "aside-again-syntax": SUCCESS,
    "another-site": NOT_AUTHORISED,
}

log = structlog.get_logger("dicom.receive")


class NotTaken(HubError):
    """The instance is refused with `status`; the message says why and names no patient."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Message:
    """A C-STORE request: what its command says, and the data set's bytes."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str
    dataset: memoryview


class Receiver:
    """Answers C-STORE requests for a store."""

    def __init__(self, store: Store, associations: Associations, refusals: Refusals) -> None:
        self._store = store
        self._associations = associations
        self._refusals = refusals
        self._turn = WriteTurn()

    def on_store(self, event: Event) -> int:
        """Answer one C-STORE (a handler of EVT_C_STORE); never raises, whatever was sent."""
        caller = self._associations.caller(event.assoc) or Caller("", "", "", "")
        message = _message_of(event)
        try:
            arrival, outcome = self.take(message, caller)
        except NotTaken as refusal:
            return self._refuse(message, caller, refusal)
        except Exception as error:
            log.exception("a C-STORE met a fault of ours")
            return self._refuse(message, caller, NotTaken(FAULT_OF_OURS, type(error).__name__))
        if outcome == "kept":
            self._associations.kept(event.assoc, arrival.study.study_instance_uid)
        return STATUS_OF[outcome]

    def take(self, message: Message, caller: Caller) -> tuple[Arrival, str]:
        """Keep the instance and return it with its outcome, or raise NotTaken."""
        if not caller.site:
            raise NotTaken(NOT_AUTHORISED, "this caller may only ask for C-ECHO")
        header = checked_header(message)
        digest = hashlib.sha256(message.dataset).hexdigest()
        arrival = arrival_of(header, message.sop_class_uid, digest, len(message.dataset))
        origin = Origin(
            caller.site, caller.calling_ae, caller.called_ae, datetime.now(UTC), caller.address
        )  # fmt: skip
        return arrival, self._keep(message, arrival, origin)

    def _keep(self, message: Message, arrival: Arrival, origin: Origin) -> str:
        until = time.monotonic() + TURN_SECONDS
        keys: list[str] = []
        try:
            with ExitStack() as turns:

                def keep(outcome: str) -> str:
                    head = part10_head(
                        message.sop_class_uid, message.sop_instance_uid, message.transfer_syntax,
                        receipt_of(origin, outcome, arrival.digest),
                    )  # fmt: skip
                    keys.append(self._store.vault.keep(head, message.dataset))
                    turns.enter_context(self._turn.taken(until))
                    return keys[0]

                return arrivals.receive(self._store, arrival, origin, keep)
        except Refused as error:
            raise NotTaken(NOT_AUTHORISED, str(error)) from error
        except (NotKept, SQLAlchemyError, OSError) as error:
            log.warning("an instance could not be kept", kind=type(error).__name__, site=origin.site)
            for key in keys:
                _take_back(self._store, key)
            raise NotTaken(OUT_OF_RESOURCES, _why_not_kept(error)) from error

    def _refuse(self, message: Message, caller: Caller, refusal: NotTaken) -> int:
        entry = audit.entry(
            "store", _printable(message.sop_instance_uid), "refused", site=caller.site,
            address=caller.address, detail=f"0x{refusal.status:04X} {refusal}; calling {caller.calling_ae}",
        )  # fmt: skip
        if refusal.status == OUT_OF_RESOURCES:
            self._refusals.note_later(entry)
        else:
            self._refusals.note(entry)
        return refusal.status


def checked_header(message: Message) -> Header:
    """Return the header of a message whose data set is readable and is what its command says it is."""
    try:
        header = read_header(message.dataset, message.transfer_syntax)
    except Unreadable as error:
        raise NotTaken(CANNOT_UNDERSTAND, str(error)) from error
    if header.sop_instance_uid != message.sop_instance_uid:
        raise NotTaken(DATA_SET_MISMATCH, "the data set is another instance than the command says")
    if header.sop_class_uid != message.sop_class_uid:
        raise NotTaken(DATA_SET_MISMATCH, "the data set is of another SOP class than the command says")
    if header.uid_fault:
        raise NotTaken(CANNOT_UNDERSTAND, header.uid_fault)
    return header


def _take_back(store: Store, key: str) -> None:
    """Remove the file of an instance that was refused after all.

    Only where a look shows that no row names it. A server's database might still carry out a commit whose
    answer was lost, so there the file stays until `reindex.adopt_orphans` looks at it.
    """
    if store.engine.dialect.name != "sqlite":
        return
    try:
        with store.reading() as session:
            named = any(
                session.scalar(select(table.id).where(table.file_key == key))
                for table in (Instance, KeptAside)
            )
        if not named:
            store.vault.discard(key)
    except (SQLAlchemyError, OSError) as error:
        log.warning("a refused instance's file stays", kind=type(error).__name__)


def _why_not_kept(error: Exception) -> str:
    return str(error) if isinstance(error, NotKept) else f"the index is not there ({type(error).__name__})"


def _message_of(event: Event) -> Message:
    """Return the request with its data set's bytes as received, not copied; empty where there are none."""
    request = cast(C_STORE, event.request)
    dataset = cast("BytesIO | None", request.DataSet)
    return Message(
        _uid(request.AffectedSOPClassUID), _uid(request.AffectedSOPInstanceUID),
        str(event.context.transfer_syntax),
        dataset.getbuffer() if dataset is not None else memoryview(b""),
    )  # fmt: skip


def _uid(value: object) -> str:
    return str(value or "").strip("\0 ")


def _printable(text: str) -> str:
    return "".join(ch if " " < ch <= "~" else "?" for ch in text)[:128]
