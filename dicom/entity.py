"""Our application entity on the network: its limits, its silence, and associations that it asks for."""

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from dicom.capped_socket import TCP_QUICKACK
from dicom.errors import NoAssociation
from dicom.own_turn import keep_answers
from dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from hub.store.sites import ReturnNode

CONNECT_SECONDS = 10.0
#: What a PACS that indexes slowly may need for one answer.
ANSWER_SECONDS = 60.0
#: What we announce when we ask; what we send is as large as the peer announces.
LARGEST_PDU = 256 * 1024


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for the connection, for the association, and for each answer."""

    connect: float = CONNECT_SECONDS
    associate: float = 30.0
    answer: float = ANSWER_SECONDS


@dataclass(frozen=True)
class Extras:
    """What an association is asked with beside its contexts: roles to be turned round, and handlers."""

    roles: tuple[SCP_SCU_RoleSelectionNegotiation, ...] = ()
    handlers: tuple[evt.EventHandlerType, ...] = ()


def local_entity(ae_title: str, largest_pdu: int = LARGEST_PDU) -> AE:
    """Return an application entity that logs nothing of what passes through it."""
    # Its log handlers print identifiers and cost as much as the work itself.
    _config.LOG_HANDLER_LEVEL = "none"
    # A stored file is sent as its bytes are, in pieces, and never decoded.
    _config.STORE_SEND_CHUNKED_DATASET = True
    # A UID that breaks the rules is answered with a status; pynetdicom would abort at one of 65 characters.
    _config.VALIDATORS["UI"] = _any_uid
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    entity = AE(ae_title)
    entity.maximum_pdu_size = largest_pdu
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    return entity


@contextmanager
def associated(
    node: ReturnNode,
    calling_ae: str,
    contexts: Sequence[PresentationContext],
    patience: Patience = Patience(),
    extras: Extras = Extras(),
) -> Iterator[Association]:
    """Give an association with `node`, released at the end or aborted on an error.

    Raises NoAssociation, saying whether the peer was not there, refused, or took none of the contexts.
    """
    entity = local_entity(calling_ae)
    entity.connection_timeout = patience.connect
    entity.acse_timeout = patience.associate
    entity.dimse_timeout = entity.network_timeout = patience.answer
    opened: list[Association] = []
    try:
        with _letting_go(opened):
            association = entity.associate(
                node.host, node.port, list(contexts), node.ae_title, LARGEST_PDU,
                evt_handlers=[
                    (evt.EVT_CONN_OPEN, lambda event: opened.append(event.assoc)),
                    (evt.EVT_DATA_SENT, _without_waits),
                    *extras.handlers,
                ],
                ext_neg=list(extras.roles),
            )  # fmt: skip
    except OSError as error:
        raise NoAssociation(f"the host {node.host} is not known: {error.strerror}") from error
    if not association.is_established:
        raise _why_not(association, node, bool(opened))
    keep_answers(association)
    try:
        yield association
    except RuntimeError as error:  # pynetdicom's word for an association that ended meanwhile
        association.abort()
        raise NoAssociation(f"{node} broke off the association") from error
    except BaseException:
        association.abort()
        raise
    with _letting_go([association]):
        if association.is_established:
            association.release()


@contextmanager
def _letting_go(associations: list[Association]) -> Iterator[None]:
    """End pynetdicom's own threads on Ctrl-C: they would keep the process until the peer answers."""
    try:
        yield
    except KeyboardInterrupt:
        for association in associations:
            association.dul.kill_dul()
        raise


def _without_waits(event: evt.Event) -> None:
    """Send each PDU at once, and acknowledge the answer at once.

    What Nagle's algorithm and delayed acknowledgements hold back costs 40 ms at every object otherwise.
    """
    transport = event.assoc.dul.socket
    if transport is None or transport.socket is None:
        return
    connection = transport.socket
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if TCP_QUICKACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 1)


def _any_uid(value: object) -> tuple[bool, str]:
    return isinstance(value, str), "is no text"


def _why_not(association: Association, node: ReturnNode, connected: bool) -> NoAssociation:
    if not connected:
        return NoAssociation(f"nobody answers at {node.host}:{node.port}")
    if association.is_rejected:
        answer = association.acceptor.primitive
        assert answer is not None
        return NoAssociation(
            f"{node} rejected the association: {answer.reason_str.lower()}",
            for_good=answer.result == 1,
        )
    if association.rejected_contexts:
        return NoAssociation(f"{node} takes none of what was offered", for_good=True)
    return NoAssociation(f"{node} gave no answer to the association, or broke it off")
