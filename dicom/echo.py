"""Asking a peer whether it is there, by C-ECHO."""

from dicom.contexts import verification
from dicom.entity import Patience, associated
from dicom.errors import NoAssociation
from dicom.status import SUCCESS
from hub.settings import Settings
from hub.store.sites import ReturnNode
from hub.supervisor.probe import reachable

#: Somebody waits at a screen for this answer.
ECHO_PATIENCE = Patience(connect=5.0, associate=5.0, answer=5.0)
#: The supervisor's loop waits for this one.
OWN_PATIENCE = Patience(connect=1.0, associate=2.0, answer=2.0)


def echo(node: ReturnNode, calling_ae: str, patience: Patience = ECHO_PATIENCE) -> bool:
    """Tell whether `node` accepts an association of ours and answers C-ECHO with success."""
    try:
        with associated(node, calling_ae, [verification()], patience) as association:
            return getattr(association.send_c_echo(), "Status", None) == SUCCESS
    except NoAssociation:
        return False


def answers_echo(settings: Settings) -> bool:
    """Tell whether the hub that `settings` describe serves DICOM: it admits its own title from here."""
    host, port = settings.dicom_address
    node = ReturnNode(settings.ae_title, reachable(host), port)
    return echo(node, settings.ae_title, OWN_PATIENCE)
