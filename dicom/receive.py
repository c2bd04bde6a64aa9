"""Answering a C-STORE: what is kept is acknowledged, what is not is refused with a status that says why."""

from io import BytesIO
from typing import cast

import structlog
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from dicom.admission import Caller
from dicom.associations import Association, Associations
from dicom.keep import Keeper, Message, NotTaken, untaken_by
from dicom.refusals import Refusals
from dicom.spool import Desk, Spool, TooLarge
from dicom.status import COERCED, FAULT_OF_OURS, NOT_AUTHORISED, OUT_OF_RESOURCES, SUCCESS
from hub.domain.audit import AuditEntry
from hub.store import Store, audit
from hub.store.unread import Reach

STATUS_OF = {
    "kept": SUCCESS,
    "same-again": SUCCESS,
    "healed": SUCCESS,
    "kept-aside-content": COERCED,
    "kept-aside-syntax": SUCCESS,
    "aside-again-content": COERCED,
    "aside-again-syntax": SUCCESS,
    "aside-healed-content": COERCED,
    "aside-healed-syntax": SUCCESS,
    "another-site": NOT_AUTHORISED,
}

log = structlog.get_logger("dicom.receive")


class Receiver(Keeper):
    """Answers C-STORE requests for a store."""

    def __init__(
        self, store: Store, associations: Associations, refusals: Refusals, reach: Reach = None
    ) -> None:
        super().__init__(store, reach)
        self._associations = associations
        self._refusals = refusals

    def on_store(self, event: Event) -> int:
        """Answer one C-STORE on an association of pynetdicom's (a handler of EVT_C_STORE)."""
        request = cast(C_STORE, event.request)
        message = Message(
            _uid(request.AffectedSOPClassUID), _uid(request.AffectedSOPInstanceUID),
            str(event.context.transfer_syntax),
        )  # fmt: skip
        desk = Desk()
        spool = self.begin(event.assoc, message, desk)
        try:
            if request.DataSet is not None:
                spool.take(cast(BytesIO, request.DataSet).getbuffer())
        except TooLarge:
            spool.drop()
            self.too_large(event.assoc, message)
            return OUT_OF_RESOURCES
        try:
            return self.answer(event.assoc, message, spool)
        finally:
            desk.close()

    def begin(self, association: Association, message: Message, desk: Desk) -> Spool:
        """Return where the data set of `message` goes while it comes in."""
        return self.spool(message, self._caller(association), desk)

    def answer(self, association: Association, message: Message, spool: Spool) -> int:
        """Keep what was received, or not, and return the status; never raises, whatever was sent."""
        caller = self._caller(association)
        try:
            arrival, outcome = self.received(message, spool, caller)
        except NotTaken as refusal:
            return self._refuse(association, message, caller, refusal)
        except Exception as error:
            log.exception("a C-STORE met a fault of ours")
            fault = NotTaken(FAULT_OF_OURS, type(error).__name__)
            return self._refuse(association, message, caller, fault)
        finally:
            spool.drop()
        if outcome != "another-site":
            self._associations.holds(association, arrival.study.study_instance_uid, outcome == "kept")
        return STATUS_OF[outcome]

    def too_large(self, association: Association, message: Message) -> None:
        """Write down that a message was longer than the hub takes."""
        self._associations.not_taken(association)
        refusal = NotTaken(OUT_OF_RESOURCES, self.too_long())
        self._refusals.note(_refused(message, self._caller(association), refusal))

    def _caller(self, association: Association) -> Caller:
        return self._associations.caller(association) or Caller("", "", "", "")

    def _refuse(
        self, association: Association, message: Message, caller: Caller, refusal: NotTaken
    ) -> int:  # fmt: skip
        entry, lacking = _refused(message, caller, refusal), untaken_by(refusal, message, caller)
        if refusal.status in (OUT_OF_RESOURCES, FAULT_OF_OURS):
            self._associations.not_taken(association)
        if refusal.status == OUT_OF_RESOURCES:
            self._refusals.note_later(entry, lacking)
        else:
            self._refusals.note(entry, lacking)
        return refusal.status


def _refused(message: Message, caller: Caller, refusal: NotTaken) -> AuditEntry:
    return audit.entry(
        "store", _printable(message.sop_instance_uid), "refused", site=caller.site,
        address=caller.address, detail=f"0x{refusal.status:04X} {refusal}; calling {caller.calling_ae}",
    )  # fmt: skip


def _uid(value: object) -> str:
    return str(value or "").strip("\0 ")


def _printable(text: str) -> str:
    return "".join(ch if " " < ch <= "~" else "?" for ch in text)[:128]
