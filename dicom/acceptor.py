"""Accepting connections: pynetdicom's server, for what our own loop does not serve."""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from pynetdicom import AE, evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE, DimseServiceType
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from dicom.admission import Caller
from dicom.capped_socket import CappedSocket
from dicom.reception import Arrived, Begun, Receives
from dicom.tls import wrapped

#: Serves one request to its last answer (`dicom.services`).
Serve = Callable[[Association, Any, PresentationContext], None]

#: pynetdicom finds its accepted associations among all threads by this word in their names.
ACCEPTED = "AcceptorThread"


def listen(
    entity: AE,
    address: tuple[str, int],
    contexts: Sequence[PresentationContext],
    handlers: Sequence[evt.EventHandlerType],
    service: "Service",
) -> "HubServer":
    """Return a server bound to `address`; it serves once `serve_forever` runs.

    Every connection goes to the reception of `service` first. Raises OSError where the address is taken.
    """
    server = entity.make_server(
        address, contexts=list(contexts), evt_handlers=list(handlers), server_class=HubServer,
        service=service, request_handler=_Handler,
    )  # fmt: skip
    entity._servers.append(cast(HubServer, server))  # its shutdown() takes itself off this list
    return cast(HubServer, server)


class Service(NamedTuple):
    """Who receives connections, and whether other processes listen at the same address."""

    reception: Receives
    shared: bool = False


class HubServer(ThreadedAssociationServer):
    """A server with a longer queue of callers, silent about those that vanish while they are accepted."""

    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, *given: Any, service: Service, **more: Any) -> None:
        """Serve as pynetdicom does."""
        self.reception = service.reception
        self.own_services: Mapping[tuple[type, str], Serve] = {}
        self._shared = service.shared
        self.tls: ssl.SSLContext | None = None
        super().__init__(*given, **more)

    def server_bind(self) -> None:
        """Bind; the kernel deals connections out among processes that share the address."""
        if self._shared:
            cast(socket.socket, self.socket).setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Receive a connection in its own thread; pynetdicom goes on with it where that is needed."""
        ours = request.getsockname()[0]
        connection = wrapped(request, self.tls) if self.tls is not None else request
        self.reception.receive(
            Arrived(connection, client_address[0], ours),
            lambda begun: super(HubServer, self).finish_request(cast(Any, begun), client_address),
        )

    def service_actions(self) -> None:
        """Nothing: pynetdicom would collect garbage every few seconds, which takes 50 ms of CPU each time."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a peer that went away is no fault of ours."""


class _Handler(RequestHandler):
    def handle(self) -> None:
        """Serve the association to its end."""
        association = self._create_association()
        association.start()
        association.join()

    def _create_association(self) -> Association:
        """As pynetdicom's, but the contexts are shared: its copy takes 100 ms of CPU per association."""
        begun = cast(Begun, self.request)
        server = cast(HubServer, self.server)
        association = StoreAssociation(self.ae, MODE_ACCEPTOR)
        association.caller = begun.caller
        association._server = cast(ThreadedAssociationServer, server)
        association.name = f"{ACCEPTED}-{self.remote.address}-{self.remote.port}"
        association.set_socket(
            CappedSocket(association, begun.connection, self.ae.network_timeout, begun.request)
        )
        acceptor = association.acceptor
        acceptor.maximum_length = self.ae.maximum_pdu_size
        acceptor.ae_title = server.ae_title
        acceptor.address_info = self.local
        acceptor.implementation_class_uid = self.ae.implementation_class_uid
        acceptor.implementation_version_name = self.ae.implementation_version_name
        acceptor.supported_contexts = server.contexts
        association.requestor.address_info = self.remote
        for event in server.get_events():
            _bind(association, event, server.get_handlers(event))
        return association


class StoreAssociation(Association):
    """An association on which a C-STORE is served by its presentation context.

    pynetdicom looks the service up by the SOP class in the command: it aborts where that is a retired class
    or none at all, and everything else that the peer had to send is lost with it.
    """

    #: Who was admitted, before pynetdicom was asked.
    caller: Caller | None = None

    def _serve_request(self, msg: DimseServiceType, context_id: int) -> None:
        context = self._accepted_cx.get(context_id)
        if context is not None and not self._sent_release and self._serve_own(msg, context):
            return
        if context is None or self._sent_release or not _is_store_request(msg):
            super()._serve_request(msg, context_id)
            return
        StorageServiceClass(self).SCP(cast(C_STORE, msg), context)

    def _serve_own(self, msg: DimseServiceType, context: PresentationContext) -> bool:
        """Let a service that sees to its whole exchange do so; False when there is none for this request."""
        services = cast(HubServer, self._server).own_services
        serve = services.get((type(msg), str(context.abstract_syntax)))
        if serve is None or not msg.is_valid_request:
            return False
        self.dimse.cancel_req = {}
        self._is_paused = True  # as pynetdicom does, so that the service may send requests of its own
        serve(self, msg, context)
        self._is_paused = False
        self.dimse.cancel_req = {}
        return True


def _is_store_request(msg: DimseServiceType) -> bool:
    """Also one without a UID is a request: it is refused with a status, not left without an answer."""
    return (
        isinstance(msg, C_STORE) and msg.MessageID is not None and msg.MessageIDBeingRespondedTo is None
    )  # fmt: skip


def _bind(association: Association, event: evt.EventType, bound: evt.HandlerArgType) -> None:
    pairs = [bound] if isinstance(event, evt.InterventionEvent) else bound
    for handler, arguments in cast("list[tuple[Any, Any]]", pairs):
        if handler is not None:
            association.bind(event, handler, arguments)
