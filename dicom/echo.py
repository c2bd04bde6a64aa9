"""Asking a peer whether it is there, by C-ECHO."""

from dicom.contexts import verification
from dicom.entity import Patience, associated
from dicom.errors import NoAssociation
from dicom.status import SUCCESS
from hub.store.sites import ReturnNode

#: Somebody waits at a screen for this answer.
ECHO_PATIENCE = Patience(connect=5.0, associate=5.0, answer=5.0)


def echo(node: ReturnNode, calling_ae: str) -> bool:
    """Tell whether `node` accepts an association of ours and answers C-ECHO with success."""
    try:
        with associated(node, calling_ae, [verification()], ECHO_PATIENCE) as association:
            return getattr(association.send_c_echo(), "Status", None) == SUCCESS
    except NoAssociation:
        return False
