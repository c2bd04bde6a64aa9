"""Keeping one instance: bytes first, then its row, by whichever way it comes.

A SOP, Series or Study Instance UID that PS3.5 9.1 does not allow (letters, `../`, spaces, leading zeros,
more than 64 characters) is refused with 0xC000: a report that names such an object would itself be no valid
object. No path is ever made from a UID, so this is a matter of truth and not of safety.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.arriving import arrival_of, receipt_of
from dicom.elements import Buffer
from dicom.errors import Unreadable
from dicom.header import UID_COLUMN, Header, names_in, read_header
from dicom.intake import Intake
from dicom.part10 import information, part10_head
from dicom.scrub import is_whole
from dicom.spool import Desk, Spool, TooLarge
from dicom.status import CANNOT_UNDERSTAND, DATA_SET_MISMATCH, NOT_AUTHORISED, OUT_OF_RESOURCES
from hub.domain.arrival import Arrival, Origin, is_again
from hub.domain.audit import AuditEntry
from hub.errors import HubError, NotKept, Refused
from hub.store import Store
from hub.store.arrivals import Coming, needs_file
from hub.store.tables import Instance, KeptAside
from hub.store.unread import Reach
from hub.store.untaken import Untaken

#: A sender must have its answer within 20 s; this is what waiting for the index may take of them.
TURN_SECONDS = 18.0
#: What a receipt's instant and digest take at most.
LATEST, NO_DIGEST = datetime.max.replace(tzinfo=UTC), "0" * 64

log = structlog.get_logger("dicom.keep")


class NotTaken(HubError):
    """The instance is refused with `status`; the message says why and names no patient.

    `study` is its Study Instance UID, where that was read.
    """

    def __init__(self, status: int, sentence: str, study: str = "") -> None:
        super().__init__(sentence)
        self.status, self.study = status, study


@dataclass(frozen=True)
class Message:
    """A C-STORE request: what its command says, and the transfer syntax of its data set."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str


Entry = Callable[[str], AuditEntry | None]


class Keeper:
    """Keeps instances for a store: bytes first, then rows; by whichever way they come."""

    def __init__(self, store: Store, reach: Reach = None) -> None:
        self._store = store
        self._intake = Intake(store, reach)

    def take(
        self, message: Message, dataset: Buffer, caller: Caller, entry: Entry | None = None
    ) -> tuple[Arrival, str]:
        """Keep a data set that is whole already and return it with its outcome, or raise NotTaken.

        `entry` gives an audit row by outcome, which is written with the instance or not at all. Another
        thread may call it.
        """
        desk = Desk()
        spool = self.spool(message, caller, desk)
        try:
            spool.take(dataset)
            return self.received(message, spool, caller, entry)
        except TooLarge:
            raise NotTaken(OUT_OF_RESOURCES, self.too_long(), _study_of(dataset, message)) from None
        finally:
            spool.drop()
            desk.close()

    def spool(self, message: Message, caller: Caller, desk: Desk) -> Spool:
        """Return where the data set of `message` goes while it comes in."""
        most = self._store.settings.maximum_message
        length = len(message.sop_instance_uid)
        head = _head_length(message.sop_class_uid, length, message.transfer_syntax, caller)
        return Spool(desk, self._store.vault, head, most)

    def too_long(self) -> str:
        """Return the sentence of a refusal for its length."""
        return f"the message has more than {self._store.settings.maximum_message} bytes"

    def received(
        self, message: Message, spool: Spool, caller: Caller, entry: Entry | None = None
    ) -> tuple[Arrival, str]:
        """Keep what was spooled and return it with its outcome, or raise NotTaken."""
        if not caller.site:
            raise NotTaken(NOT_AUTHORISED, "this caller may only ask for C-ECHO")
        spool.finish()
        if spool.fault is not None:
            study = _study_of(spool.beginning, message)
            raise NotTaken(OUT_OF_RESOURCES, str(spool.fault), study)
        with spool.content() as content:
            header = checked_header(content, message)
        arrival = arrival_of(header, message.sop_class_uid, spool.digest, spool.size)
        return arrival, self._keep(message, arrival, spool, caller, entry)

    def _keep(
        self, message: Message, arrival: Arrival, spool: Spool, caller: Caller, entry: Entry | None
    ) -> str:  # fmt: skip
        until = time.monotonic() + TURN_SECONDS
        origin = Origin(
            caller.site, caller.calling_ae, caller.called_ae, datetime.now(UTC), caller.address
        )  # fmt: skip

        def head(outcome: str) -> bytes:
            return _head(message, receipt_of(origin, outcome, arrival.digest), caller)

        def mark(outcome: str) -> None:
            spool.rewrite(head(outcome))

        try:
            spool.seal(head("kept"))
            coming = Coming(arrival, origin, spool.key, mark, entry)
            outcome = self._recorded(coming, until)
        except Refused as error:
            raise NotTaken(NOT_AUTHORISED, str(error)) from error
        except (NotKept, SQLAlchemyError, OSError) as error:
            log.warning("an instance could not be kept", kind=type(error).__name__, site=origin.site)
            if spool.file is not None and not _is_unnamed(self._store, spool.file.key):
                spool.keep()
            study = arrival.study.study_instance_uid
            raise NotTaken(OUT_OF_RESOURCES, _why_not_kept(error), study) from error
        if needs_file(outcome):
            spool.keep()
        return outcome

    def _recorded(self, coming: Coming, until: float) -> str:
        """Record an arrival; of one that is held already look at the file, and record again what follows.

        The look lies between both, because nobody writes to the index while a long file is read.
        """
        held: dict[str, str] = {}

        def believed(key: str, digest: str) -> bool:
            held[key] = digest
            return True

        first = replace(coming, is_sound=believed, entry=coming.entry and _unless_again(coming.entry))
        outcome = self._intake.record(first, until)
        if not is_again(outcome):
            return outcome
        sound = {key: is_whole(self._store, key, digest) for key, digest in held.items()}
        if all(sound.values()) and coming.entry is None:
            return outcome
        looked = replace(coming, is_sound=lambda key, _digest: sound.get(key, True))
        return self._intake.record(looked, time.monotonic() + TURN_SECONDS)


def _unless_again(entry: Entry) -> Entry:
    """Return the audit row of an outcome that is the last word."""
    return lambda outcome: None if is_again(outcome) else entry(outcome)


@lru_cache(maxsize=1024)
def _receipt_room(caller: Caller) -> int:
    """Return how many bytes a receipt takes at most."""
    origin = Origin(caller.site, caller.calling_ae, caller.called_ae, LATEST, caller.address)
    return len(information(receipt_of(origin, "kept-aside-content", NO_DIGEST)))


@lru_cache(maxsize=256)
def _head_length(sop_class_uid: str, uid_length: int, transfer_syntax: str, caller: Caller) -> int:
    """Return how many bytes the head of a message takes."""
    return len(_head(Message(sop_class_uid, "0" * uid_length, transfer_syntax), {}, caller))


def _head(message: Message, receipt: dict[str, Any], caller: Caller) -> bytes:
    """Return the head, of a length that its message and caller decide alone."""
    return part10_head(
        message.sop_class_uid, message.sop_instance_uid, message.transfer_syntax,
        receipt | {"calling_ae": caller.calling_ae, "called_ae": caller.called_ae}, _receipt_room(caller),
    )  # fmt: skip


def checked_header(dataset: Buffer, message: Message) -> Header:
    """Return the header of a data set that is readable and is what its command says it is."""
    try:
        header = read_header(dataset, message.transfer_syntax)
    except Unreadable as error:
        study, _instance = names_in(dataset, message.transfer_syntax)
        raise NotTaken(CANNOT_UNDERSTAND, str(error), study) from error
    study = header.study_instance_uid
    if header.sop_instance_uid != message.sop_instance_uid:
        raise NotTaken(DATA_SET_MISMATCH, "the data set is another instance than the command says", study)
    if header.sop_class_uid != message.sop_class_uid:
        raise NotTaken(DATA_SET_MISMATCH, "the data set is of another SOP class than the command says", study)
    if header.uid_fault:
        raise NotTaken(CANNOT_UNDERSTAND, header.uid_fault, study)
    return header


def untaken_by(refusal: NotTaken, message: Message, caller: Caller) -> Untaken | None:
    """Return what a study lacks by a refusal; None where the data set does not say which study."""
    if not refusal.study:
        return None
    is_unreadable = refusal.status in (CANNOT_UNDERSTAND, DATA_SET_MISMATCH)
    return Untaken(caller.site, refusal.study, message.sop_instance_uid[:UID_COLUMN], is_unreadable)


def _study_of(beginning: Buffer, message: Message) -> str:
    """Return the Study Instance UID of a data set that begins so; empty where that does not say."""
    try:
        return checked_header(beginning, message).study_instance_uid
    except NotTaken:
        return ""


def _is_unnamed(store: Store, key: str) -> bool:
    """Tell whether the file of an instance that was refused after all may go.

    Only where a look shows that no row names it. A server's database might still carry out a commit whose
    answer was lost, so there the file stays until `reindex.adopt_orphans` looks at it.
    """
    if store.engine.dialect.name != "sqlite":
        return False
    try:
        with store.reading() as session:
            return not any(
                session.scalar(select(table.id).where(table.file_key == key))
                for table in (Instance, KeptAside)
            )
    except (SQLAlchemyError, OSError) as error:
        log.warning("a refused instance's file stays", kind=type(error).__name__)
        return False


def _why_not_kept(error: Exception) -> str:
    return str(error) if isinstance(error, NotKept) else f"the index is not there ({type(error).__name__})"
