"""The storage SCP: the process that accepts associations of the townships and keeps what they send."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import A_ASSOCIATE
from sqlalchemy.exc import SQLAlchemyError

from dicom.acceptor import HubServer, listen
from dicom.admission import Caller, Proposal, SiteBook, admit_from
from dicom.associations import Associations
from dicom.contexts import accepted_contexts, verification
from dicom.entity import local_entity
from dicom.receive import Receiver
from dicom.refusals import Refusals
from dicom.reindex import adopt_orphans
from dicom.settle import settle_now
from dicom.status import Rejection
from hub.settings import Settings
from hub.store import Store, audit, open_store

#: Seconds that associations have to end after SIGTERM; the supervisor kills after ten.
FAREWELL_SECONDS = 5.0

log = structlog.get_logger("dicom.scp")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; the main thread only. The schema must be up to date.

    Raises OSError where the address is taken.
    """
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: told.set())
    store = open_store(settings)
    _tidy(store)
    with serving(store):
        log.info("serving", address=settings.dicom)
        told.wait()
    store.close()
    log.info("stopped")


def _tidy(store: Store) -> None:
    """Put right what a crash left; a database that is away is no reason to leave the senders unanswered."""
    swept = store.vault.sweep_incoming()
    try:
        adopted = adopt_orphans(store)
    except SQLAlchemyError as error:
        log.warning("files without a row wait for the next start", kind=type(error).__name__)
        return
    log.info("tidied", swept=swept, adopted=adopted.kept + adopted.kept_aside)


@contextmanager
def serving(store: Store) -> Iterator[None]:
    """Accept associations for `store` at its settings' address while the context is open."""
    settings = store.settings
    entity = local_entity(settings.ae_title, settings.maximum_pdu)
    entity.maximum_associations = settings.maximum_associations
    entity.network_timeout = settings.network_timeout_seconds
    entity.acse_timeout = min(30.0, settings.network_timeout_seconds)
    doorman = Doorman(store)
    server = listen(entity, settings.dicom_address, accepted_contexts(), doorman.handlers(), doorman.on_blank)
    accepting = threading.Thread(target=server.serve_forever, args=(0.1,), name="accepting", daemon=True)
    accepting.start()
    try:
        yield
    finally:
        _stop(entity, server)


class Doorman:
    """What the hub does at the events of an association: admits, receives, and counts what is complete."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._book = SiteBook(store)
        self._associations = Associations()
        self._refusals = Refusals(store)
        self._receiver = Receiver(store, self._associations, self._refusals)

    def handlers(self) -> list[evt.EventHandlerType]:
        """Return pynetdicom's events with what answers them."""
        return [
            (evt.EVT_REQUESTED, self.on_requested),
            (evt.EVT_C_STORE, self._receiver.on_store),
            (evt.EVT_RELEASED, self.on_ended),
            (evt.EVT_ABORTED, self.on_ended),
            (evt.EVT_REJECTED, self.on_ended),
        ]

    def on_requested(self, event: Event) -> None:
        """Admit or reject an association, before anything is negotiated."""
        association = event.assoc
        proposal = _proposal(association)
        answer = admit_from(self._book, proposal, self._store.settings.ae_title)
        if isinstance(answer, Caller):
            self._associations.opened(association, answer)
            if not answer.site:
                association.acceptor.supported_contexts = [verification()]
            return
        self._audit(proposal.calling_ae, proposal.address, answer)
        association.acse.send_reject(answer.result, answer.source, answer.reason)
        # Waits until the rejection is on the wire; closing at once could overtake it.
        association.kill()

    def on_blank(self, association: Association, rejection: Rejection) -> None:
        """Write down the rejection of a request whose calling or called title is blank."""
        self._audit("", association.requestor.address or "", rejection)

    def on_ended(self, event: Event) -> None:
        """Settle the studies of an association that is over, unless it broke off inside an instance."""
        site, studies = self._associations.closed(event.assoc)
        if not site:
            return
        self._refusals.write()
        if studies and event.assoc.dimse.message is None:
            try:
                settle_now(self._store, site, studies)
            except SQLAlchemyError as error:
                log.warning("studies settle by their quiet time", kind=type(error).__name__)

    def _audit(self, calling_ae: str, address: str, rejection: Rejection) -> None:
        self._refusals.note(
            audit.entry(
                "associate", f"calling {calling_ae}", "rejected", address=address, detail=str(rejection)
            )  # fmt: skip
        )


def _proposal(association: Association) -> Proposal:
    request = cast(A_ASSOCIATE, association.requestor.primitive)
    return Proposal(
        request.calling_ae_title.strip(), request.called_ae_title.strip(),
        str(request.application_context_name or ""),
        association.requestor.address or "", association.acceptor.address or "",
    )  # fmt: skip


def _stop(entity: AE, server: HubServer) -> None:
    """Accept nobody any more and end every association; what was not answered will be sent again."""
    server.shutdown()
    for association in server.active_associations:
        association.abort(block=False)
    until = time.monotonic() + FAREWELL_SECONDS
    while server.active_associations and time.monotonic() < until:
        time.sleep(0.02)
