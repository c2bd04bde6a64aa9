"""The storage SCP: the process that accepts associations of the townships and keeps what they send."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from pynetdicom import evt
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from sqlalchemy.exc import SQLAlchemyError

from dicom.acceptor import HubServer, Service, StoreAssociation, listen
from dicom.admission import Caller, Proposal, SiteBook, admit_from
from dicom.associations import Association as Open
from dicom.associations import Associations
from dicom.contexts import accepted_contexts, verification
from dicom.entity import local_entity
from dicom.limits import Limits, Most
from dicom.receive import Receiver
from dicom.reception import REQUEST_SECONDS, Patience, Reception
from dicom.refusals import Refusals
from dicom.reindex import adopt_orphans
from dicom.services import Front, own_services, service_contexts, service_handlers
from dicom.settle import settle_now
from dicom.shared_studies import SharedStudies, place_of
from dicom.status import Rejection
from dicom.tls import server_context
from dicom.warm_up import warm_up
from hub.settings import Settings
from hub.store import Store, open_store
from hub.store.refusals import Refusal, Tally
from hub.store.unread import Reach

#: Seconds that associations have to end after SIGTERM; the supervisor kills after ten.
FAREWELL_SECONDS = 5.0
#: How long a listener needs to notice that it is to stop.
POLL_SECONDS = 0.5

log = structlog.get_logger("dicom.scp")


def run(settings: Settings, reach: Reach = None) -> None:
    """Serve until SIGTERM or SIGINT; the main thread only. The schema must be up to date.

    Of pictures beyond the `reach` of every model it is said at once that none reads them. Raises OSError
    where the address is taken.
    """
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: told.set())
    store = open_store(settings)
    _tidy(store)
    with serving(store, reach):
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
def serving(store: Store, reach: Reach = None) -> Iterator[None]:
    """Accept associations for `store` at its settings' address while the context is open."""
    settings = store.settings
    entity = local_entity(settings.ae_title, settings.maximum_pdu)
    entity.maximum_associations = settings.maximum_associations  # counted by `Limits` before it
    entity.network_timeout = settings.network_timeout_seconds
    entity.acse_timeout = min(30.0, settings.network_timeout_seconds)
    warm_up(store, reach)
    doorman = Doorman(store, reach)
    contexts = [*accepted_contexts(), *service_contexts()]
    service = Service(_reception(settings, doorman, contexts), settings.receiver_processes > 1)
    servers = [listen(entity, settings.dicom_address, contexts, doorman.handlers(), service)]
    if settings.dicom_tls_address is not None:
        context = server_context(settings)
        secured = listen(entity, settings.dicom_tls_address, contexts, doorman.handlers(), service)
        secured.tls = context
        servers.append(secured)
    for one in servers:
        one.own_services = own_services(doorman.front)
        threading.Thread(
            target=one.serve_forever, args=(POLL_SECONDS,), name="accepting", daemon=True
        ).start()
    try:
        yield
    finally:
        for one in servers:
            _stop(one)
        doorman.close()


def _reception(settings: Settings, doorman: "Doorman", contexts: list[PresentationContext]) -> Reception:
    share = settings.receiver_processes
    most = Most(
        -(-settings.maximum_associations // share),
        -(-settings.associations_per_address // share),
        -(-settings.associations_per_site // share),
    )
    supported = {str(context.abstract_syntax): context for context in contexts}
    seconds = settings.network_timeout_seconds
    patience = Patience(min(REQUEST_SECONDS, seconds), seconds, settings.maximum_pdu)
    return Reception(doorman, Limits(most), supported, patience)


class Doorman:
    """What the hub does at the events of an association: admits, receives, and counts what is complete."""

    def __init__(self, store: Store, reach: Reach = None) -> None:
        self._store = store
        self._book = SiteBook(store)
        self._associations = Associations(SharedStudies(place_of(store)))
        self._refusals = Refusals(store)
        self._strangers = Tally(store)
        self.receiver = Receiver(store, self._associations, self._refusals, reach)
        self.front = Front(store, self._associations, self._refusals)

    def handlers(self) -> list[evt.EventHandlerType]:
        """Return pynetdicom's events with what answers them."""
        return [
            (evt.EVT_REQUESTED, self.on_requested),
            (evt.EVT_C_STORE, self.receiver.on_store),
            (evt.EVT_RELEASED, self.on_released),
            (evt.EVT_ABORTED, self.on_ended),
            (evt.EVT_REJECTED, self.on_ended),
            *service_handlers(self.front),
        ]

    def admit(self, proposal: Proposal) -> Caller | Rejection:
        """Admit or reject an association, before anything is negotiated; a rejection is written down."""
        answer = admit_from(self._book, proposal, self._store.settings.ae_title)
        if isinstance(answer, Rejection):
            self.rejected(proposal.calling_ae, proposal.address, answer)
        return answer

    def rejected(self, calling_ae: str, address: str, rejection: Rejection) -> None:
        """Write a rejection down; of a flood the first of each address, reason and minute, and the count."""
        self._strangers.note(
            Refusal(address, f"rejected {rejection.code}", f"calling {calling_ae}", str(rejection))
        )

    def close(self) -> None:
        """Write what was counted and is in no row yet, and bring nothing any more."""
        self._strangers.write()
        self._refusals.close()
        self._associations.close()

    def opened(self, association: Open, caller: Caller) -> None:
        """Remember who calls on an association of ours."""
        self._associations.opened(association, caller)

    def on_requested(self, event: Event) -> None:
        """Remember who calls on an association of pynetdicom's; `Reception` admitted it just now."""
        association = cast(StoreAssociation, event.assoc)
        caller = cast(Caller, association.caller)
        self._associations.opened(association, caller)
        if not caller.site:
            association.acceptor.supported_contexts = [verification()]

    def on_released(self, event: Event) -> None:
        """Settle what an association of pynetdicom's brought."""
        self.ended(event.assoc, was_released=True)

    def on_ended(self, event: Event) -> None:
        """Leave what an association of pynetdicom's brought to its quiet time."""
        self.ended(event.assoc, was_released=False)

    def ended(self, association: Open, was_released: bool) -> None:
        """Settle the studies that an association brought whole, now that it is over."""
        brought = self._associations.closed(association, was_released)
        if not brought.site:
            return
        self._refusals.write()
        if brought.studies:
            try:
                settle_now(self._store, brought.site, brought.studies)
            except SQLAlchemyError as error:
                log.warning("studies settle by their quiet time", kind=type(error).__name__)


def _stop(server: HubServer) -> None:
    """Accept nobody any more and end every association; what was not answered will be sent again."""
    server.shutdown()
    server.reception.stop()
    for association in server.active_associations:
        association.abort(block=False)
    until = time.monotonic() + FAREWELL_SECONDS
    while server.active_associations and time.monotonic() < until:
        time.sleep(0.02)
