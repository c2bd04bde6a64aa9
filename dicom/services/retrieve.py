"""C-MOVE and C-GET of the query/retrieve models (PS3.4 C.4.2, C.4.3): stored bytes as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import build_context
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.dsutils import decode, encode
from pynetdicom.presentation import PresentationContext
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.errors import NoAssociation, Unreadable
from dicom.identifier import Asked, read_identifier
from dicom.send import Manner, Sendable, SendResult, send_one, sending
from dicom.services import Front, Serve, entry_for
from dicom.services.query import UNIQUE, Misfit, check_levels
from dicom.sound import sound_file
from dicom.status import (
    CANCEL,
    CANNOT_UNDERSTAND,
    DESTINATION_UNKNOWN,
    IDENTIFIER_MISMATCH,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    PENDING,
    SUB_OPERATIONS_NOT_DONE,
    SUB_OPERATIONS_WITH_FAILURES,
    SUCCESS,
)
from hub.domain.scope import Scope
from hub.errors import HubError, Refused
from hub.store.devices import node_at
from hub.store.retrieval import instances_under
from hub.store.sites import ReturnNode
from hub.store.tables import Instance

ROOT = "1.2.840.10008.5.1.4.1.2."
#: The levels of each model, from the top.
PATIENT_LEVELS, STUDY_LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE"), ("STUDY", "SERIES", "IMAGE")
MOVE_MODELS = {ROOT + "1.2": PATIENT_LEVELS, ROOT + "2.2": STUDY_LEVELS}
GET_MODELS = {ROOT + "1.3": PATIENT_LEVELS, ROOT + "2.3": STUDY_LEVELS}
#: What an answer can count (US) is what can be retrieved at once.
MOST_INSTANCES = 0xFFFF
#: The state of the upper layer while data may be transferred (PS3.8 9.2.1).
DATA_TRANSFER = "Sta6"

CONTEXTS = [build_context(model, [EXPLICIT_LITTLE, IMPLICIT_LITTLE]) for model in (*MOVE_MODELS, *GET_MODELS)]

log = structlog.get_logger("dicom.retrieve")


class Refusal(HubError):
    """The retrieval ends before its first sub-operation, with a status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Tally:
    """How the sub-operations stand: which are not over yet, and which of them failed."""

    waiting: dict[str, None]
    completed: int = 0
    warned: int = 0
    failed: list[str] = field(default_factory=list)

    def count(self, sop_instance_uid: str, outcome: str) -> None:
        """Count one that is over."""
        del self.waiting[sop_instance_uid]
        self.completed += outcome == "stored"
        self.warned += outcome == "warned"
        if outcome == "failed":
            self.failed.append(sop_instance_uid)

    def fail_waiting(self) -> None:
        """Count as failed what can no longer be begun."""
        self.failed += self.waiting
        self.waiting.clear()

    def status(self) -> int:
        """Return how the whole went."""
        if not self.failed and not self.warned:
            return SUCCESS
        return SUB_OPERATIONS_WITH_FAILURES if self.completed or self.warned else SUB_OPERATIONS_NOT_DONE


@dataclass(frozen=True)
class Wanted:
    """What a retrieval is about: who asks, for what, and the instances that it comes to."""

    caller: Caller
    thing: str
    instances: Sequence[Instance]
    node: ReturnNode | None = None


#: Sends the objects, each looked at just before by the check, and yields how each went.
Check = Callable[[Sendable], None]
Send = Callable[[Wanted, Sequence[Sendable], Check], Iterator[SendResult]]


def serves(front: Front) -> dict[tuple[type, str], Serve]:
    """Return what serves C-MOVE and C-GET in both models."""
    moves: dict[tuple[type, str], Serve] = {
        (C_MOVE, model): lambda *given: _Exchange(front, *given).move() for model in MOVE_MODELS
    }
    gets: dict[tuple[type, str], Serve] = {
        (C_GET, model): lambda *given: _Exchange(front, *given).get() for model in GET_MODELS
    }
    return moves | gets


class _Exchange:
    """One retrieval, from its request to its last answer."""

    def __init__(self, front: Front, association: Association, request: Any, context: PresentationContext):
        self._front = front
        self._association = association
        self._request = request
        self._context = context
        self._title = front.store.settings.ae_title

    def move(self) -> None:
        """Send to a node of the caller's own site; to anybody else nothing goes."""

        def send(wanted: Wanted, objects: Sequence[Sendable], check: Check) -> Iterator[SendResult]:
            how = Manner(
                self._title, check=check,
                originator_ae=wanted.caller.calling_ae, originator_id=self._request.MessageID,
            )  # fmt: skip
            assert wanted.node is not None
            return sending(wanted.node, objects, how)

        self._serve(send, MOVE_MODELS, str(self._request.MoveDestination or "").strip())

    def get(self) -> None:
        """Send on the caller's own association, in the contexts whose SCP it offers to be."""

        def send(_wanted: Wanted, objects: Sequence[Sendable], check: Check) -> Iterator[SendResult]:
            how = Manner(self._title, check=check)
            return (send_one(self._association, one, how) for one in objects)

        self._serve(send, GET_MODELS, "")

    def _serve(self, send: Send, models: dict[str, tuple[str, ...]], destination: str) -> None:
        try:
            wanted = self._wanted(models, destination)
        except Refusal as refusal:
            self._answer(refusal.status, comment=str(refusal))
            return
        tally = Tally({one.sop_instance_uid: None for one in wanted.instances})
        try:
            for result in self._sent(send, wanted):
                tally.count(result.sop_instance_uid, result.outcome)
                if self._is_broken_off():
                    break
                if self._cancelled():
                    self._answer(CANCEL, tally)
                    break
                self._answer(PENDING[0], tally)
            else:
                self._answer(tally.status(), tally)
        except NoAssociation as error:
            tally.fail_waiting()
            self._answer(SUB_OPERATIONS_NOT_DONE, tally, str(error))
        self._note_failures(wanted, tally)

    def _sent(self, send: Send, wanted: Wanted) -> Iterator[SendResult]:
        """Send the objects as the index knows them; what is damaged when its turn comes fails, unsent."""
        rows = {one.sop_instance_uid: one for one in wanted.instances}
        place = self._front.store.vault.path
        objects = [
            Sendable(place(one.file_key), one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax)
            for one in wanted.instances
        ]
        return send(wanted, objects, lambda one: self._check(rows[one.sop_instance_uid], wanted.caller))

    def _check(self, instance: Instance, caller: Caller) -> None:
        thing = f"instance:{instance.sop_instance_uid}"
        sound_file(
            self._front.store, instance,
            lambda: entry_for(caller, "check", thing, "found by a retrieval", "damaged"),
        )  # fmt: skip

    def _wanted(self, models: dict[str, tuple[str, ...]], destination: str) -> Wanted:
        """Find what is asked for and write its audit row. Raises Refusal."""
        try:
            caller = self._front.caller(self._association)
            asked = self._identifier()
            levels = models[str(self._context.abstract_syntax)]
            check_levels(asked, levels)
            keys = _unique_keys(asked, levels)
            return self._found(caller, keys, destination)
        except Unreadable as error:
            raise Refusal(CANNOT_UNDERSTAND, str(error)) from None
        except Misfit as error:
            raise Refusal(IDENTIFIER_MISMATCH, str(error)) from None
        except Refused as error:
            raise Refusal(NOT_AUTHORISED, str(error)) from None
        except SQLAlchemyError as error:
            log.warning("a retrieval could not be answered", kind=type(error).__name__)
            raise Refusal(OUT_OF_RESOURCES, "the index is not there") from None

    def _found(self, caller: Caller, keys: dict[str, list[str]], destination: str) -> Wanted:
        moving = isinstance(self._request, C_MOVE)
        thing = ", ".join(f"{name}={values[0]}" for name, values in keys.items())
        what = f"C-MOVE to {destination}" if moving else "C-GET"
        with self._front.store.reading() as session:
            site = self._front.peer(session, caller).site
            node = node_at(session, site, destination) if moving else None
            instances = instances_under(session, Scope(frozenset({site.id})), keys)
        if moving and node is None:
            self._front.note(caller, "download", thing, f"{what}: no node of this site", "refused")
            raise Refusal(DESTINATION_UNKNOWN, f"{destination} is no node of this site")
        if len(instances) > MOST_INSTANCES:
            raise Refusal(OUT_OF_RESOURCES, "more instances than can be counted")
        outcome = "ok" if instances else "not-found"
        self._front.note(caller, "download", thing, f"{what} {len(instances)} instances", outcome)
        return Wanted(caller, thing, instances, node)

    def _identifier(self) -> Asked:
        syntax = UID(self._context.transfer_syntax[0])
        try:
            dataset = decode(
                self._request.Identifier, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated
            )
        except Exception as error:  # pydicom raises whatever a broken byte leads it to
            raise Unreadable(f"the identifier cannot be read: {type(error).__name__}") from None
        return read_identifier(dataset)

    def _cancelled(self) -> bool:
        return self._request.MessageID in self._association.dimse.cancel_req

    def _is_broken_off(self) -> bool:
        """Tell whether the asker released or aborted, or is gone.

        `is_established` stays true until this request is served; the upper layer knows at once.
        """
        return self._association.dul.state_machine.current_state != DATA_TRANSFER

    def _note_failures(self, wanted: Wanted, tally: Tally) -> None:
        undone = len(tally.failed) + len(tally.waiting)
        if undone:
            said = f"{undone} of {len(wanted.instances)} not delivered"
            said += ": the asker broke off" if tally.waiting and self._is_broken_off() else ""
            self._front.refusals.note(
                entry_for(wanted.caller, "download", wanted.thing, said, "incomplete")
            )  # fmt: skip

    def _answer(self, status: int, tally: Tally | None = None, comment: str = "") -> None:
        answer = type(self._request)()
        answer.MessageIDBeingRespondedTo = self._request.MessageID
        answer.AffectedSOPClassUID = self._request.AffectedSOPClassUID
        answer.Status = status
        if comment:
            answer.ErrorComment = comment[:64]
        if tally is not None:
            if status in (*PENDING, CANCEL):
                answer.NumberOfRemainingSuboperations = len(tally.waiting)
            answer.NumberOfCompletedSuboperations = tally.completed
            answer.NumberOfFailedSuboperations = len(tally.failed)
            answer.NumberOfWarningSuboperations = tally.warned
            if tally.failed and status not in PENDING:
                answer.Identifier = self._failures(tally)
        self._association.dimse.send_msg(answer, int(self._context.context_id or 0))

    def _failures(self, tally: Tally) -> BytesIO:
        listed = Dataset()
        listed.FailedSOPInstanceUIDList = tally.failed
        syntax = UID(self._context.transfer_syntax[0])
        return BytesIO(encode(listed, syntax.is_implicit_VR, syntax.is_little_endian) or b"")


def _unique_keys(asked: Asked, levels: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the unique keys from the top to the level asked for. Raises Misfit where that names nothing."""
    names = [UNIQUE[level] for level in levels[: levels.index(asked.level) + 1]]
    if not asked.keys.get(names[-1], ""):
        raise Misfit(f"{names[-1]} is needed at this level")
    return {name: [one.strip() for one in asked.keys[name].split("\\")] for name in names}
