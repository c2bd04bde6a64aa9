"""Accepting connections: pynetdicom's server with capped sockets and one answer to every C-STORE."""

import socket
from collections.abc import Sequence
from typing import Any, cast

from pynetdicom import AE, evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE, DimseServiceType
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from dicom.capped_socket import CappedSocket, OnBlank

#: pynetdicom finds its accepted associations among all threads by this word in their names.
ACCEPTED = "AcceptorThread"


def listen(
    entity: AE,
    address: tuple[str, int],
    contexts: Sequence[PresentationContext],
    handlers: Sequence[evt.EventHandlerType],
    on_blank: OnBlank,
) -> "HubServer":
    """Return a server bound to `address`; it serves once `serve_forever` runs.

    `on_blank` is told of a request that names nobody. Raises OSError where the address is taken.
    """
    server = entity.make_server(
        address, contexts=list(contexts), evt_handlers=list(handlers), server_class=HubServer,
        on_blank=on_blank, request_handler=_Handler,
    )  # fmt: skip
    entity._servers.append(cast(HubServer, server))  # its shutdown() takes itself off this list
    return cast(HubServer, server)


class HubServer(ThreadedAssociationServer):
    """A server with a longer queue of callers, silent about those that vanish while they are accepted."""

    request_queue_size = 128

    def __init__(self, *given: Any, on_blank: OnBlank, **more: Any) -> None:
        """Serve as pynetdicom does."""
        self.on_blank = on_blank
        super().__init__(*given, **more)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a peer that went away is no fault of ours."""


class _Handler(RequestHandler):
    def _create_association(self) -> Association:
        """As pynetdicom's, but the contexts are shared: its copy takes 100 ms of CPU per association."""
        server = cast(HubServer, self.server)
        association = StoreAssociation(self.ae, MODE_ACCEPTOR)
        association._server = cast(ThreadedAssociationServer, server)
        association.name = f"{ACCEPTED}-{self.remote.address}-{self.remote.port}"
        connection = cast(socket.socket, self.request)
        association.set_socket(
            CappedSocket(association, connection, self.ae.network_timeout, server.on_blank)
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

    def _serve_request(self, msg: DimseServiceType, context_id: int) -> None:
        context = self._accepted_cx.get(context_id)
        if context is None or self._sent_release or not _is_store_request(msg):
            super()._serve_request(msg, context_id)
            return
        StorageServiceClass(self).SCP(cast(C_STORE, msg), context)


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
