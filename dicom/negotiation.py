"""Association requests read and accepted with pynetdicom's codecs, without its copies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext, negotiate_as_acceptor

from dicom.admission import Proposal
from dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom.pdu_stream import ASSOCIATE_RQ, INVALID_PARAMETER, PDU_HEADER, UNEXPECTED, PduStream, Violation
from dicom.plain_association import Context
from dicom.status import APPLICATION_CONTEXT, UNKNOWN_CALLED, UNKNOWN_CALLING, Rejection

#: 128 contexts with a few transfer syntaxes each and the longest user information fit in.
LARGEST_ASSOCIATE_PDU = 64 * 1024
CALLED_TITLE, CALLING_TITLE = slice(4, 20), slice(20, 36)  # PS3.8 table 9-11, behind the header
TITLE_LENGTH = 16


@dataclass(frozen=True)
class Request:
    """An A-ASSOCIATE-RQ: its bytes as they came, and what they say."""

    pdu: bytes
    said: A_ASSOCIATE

    @property
    def abstract_syntaxes(self) -> set[str]:
        """Return the SOP classes that are asked for."""
        return {str(context.abstract_syntax) for context in self._proposed}

    @property
    def selects_roles(self) -> bool:
        """Tell whether the peer wants to be an SCP too."""
        return any(isinstance(item, SCP_SCU_RoleSelectionNegotiation) for item in self.said.user_information)

    @property
    def _proposed(self) -> list[PresentationContext]:
        return self.said.presentation_context_definition_list

    def proposal(self, address: str, our_address: str, certificate: str = "") -> Proposal:
        """Return what admission looks at."""
        return Proposal(
            self.said.calling_ae_title.strip(), self.said.called_ae_title.strip(),
            str(self.said.application_context_name or ""), address, our_address,
            certificate,
        )  # fmt: skip

    def answered(self, supported: Mapping[str, PresentationContext]) -> list[PresentationContext]:
        """Return every proposed context with its result (PS3.8 table 9-18)."""
        ours = [supported[uid] for uid in self.abstract_syntaxes if uid in supported]
        return negotiate_as_acceptor(self._proposed, ours)[0]


def read_request(stream: PduStream) -> tuple[bytes, Rejection | None]:
    """Return the first PDU of a connection, and why it is rejected when it names nobody.

    Its titles are padded with blanks, as the standard says, also where an old device padded them with NUL.
    Raises Violation where it is no association request or too long, and Gone.
    """
    kind, length = stream.header()
    if kind != ASSOCIATE_RQ:
        raise Violation("no association request", UNEXPECTED)
    if length > LARGEST_ASSOCIATE_PDU:
        raise Violation("no association request is that long", INVALID_PARAMETER)
    body = _padded_with_blanks(stream.read(length))
    pdu = bytes((kind, 0)) + length.to_bytes(4, "big") + body
    return pdu, _blank(pdu[PDU_HEADER:])


def decoded(pdu: bytes) -> Request:
    """Return what a request says. Raises Violation where it says nothing that could be understood."""
    request = A_ASSOCIATE_RQ()
    try:
        request.decode(pdu)
        said = request.to_primitive()
        Request(pdu, said).proposal("", "")
        if not isinstance(said.user_information, list):
            raise ValueError("no user information")
    except Exception as error:  # the codec raises whatever broken bytes make of it
        raise Violation("the association request cannot be read", INVALID_PARAMETER) from error
    return Request(pdu, said)


def acceptance(request: Request, answered: list[PresentationContext], largest: int) -> bytes:
    """Return the A-ASSOCIATE-AC that announces PDUs of `largest` bytes."""
    answer = A_ASSOCIATE()
    answer.application_context_name = UID(APPLICATION_CONTEXT)
    answer.calling_ae_title = request.said.calling_ae_title
    answer.called_ae_title = request.said.called_ae_title
    answer.result, answer.result_source = 0x00, 0x01
    answer.presentation_context_definition_results_list = answered
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    version = ImplementationVersionNameNotification()
    length.maximum_length_received = largest
    implementation.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    answer.user_information = [length, implementation, version]
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(answer)
    return cast(bytes, pdu.encode())


def accepted(answered: list[PresentationContext]) -> dict[int, Context]:
    """Return the accepted contexts by their id."""
    return {
        cast(int, context.context_id): Context(str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in answered
        if context.result == 0
    }


def _padded_with_blanks(request: bytes) -> bytes:
    padded = bytearray(request)
    for place in (CALLED_TITLE, CALLING_TITLE):
        if len(request) >= place.stop:
            padded[place] = request[place].strip(b"\0 ").ljust(TITLE_LENGTH)
    return bytes(padded)


def _blank(request: bytes) -> Rejection | None:
    """A title of spaces only is rejected with its reason; the codec would find the PDU unreadable."""
    for place, rejection in ((CALLED_TITLE, UNKNOWN_CALLED), (CALLING_TITLE, UNKNOWN_CALLING)):
        if len(request) >= place.stop and not request[place].strip(b" "):
            return rejection
    return None
