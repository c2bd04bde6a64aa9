"""Instance Availability Notification (PS3.4 R): telling a peer that a study can be retrieved."""

from pydicom.dataset import Dataset
from pynetdicom import build_context

from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.entity import Patience, associated
from dicom.errors import NoAssociation
from dicom.status import DUPLICATE_OBJECT, SUCCESS
from hub.domain.uid import uid_from
from hub.store.availability import Available
from hub.store.cases import SeriesPart
from hub.store.sites import ReturnNode
from hub.store.tables import Instance

NOTIFICATION = "1.2.840.10008.5.1.4.33"


def notify(node: ReturnNode, calling_ae: str, what: Available) -> None:
    """Tell `node` of a study, once per state of it: a repeated notification has the same UID.

    Raises NoAssociation where it is not there, or refuses the notification.
    """
    said = notification(what, calling_ae)
    held = sorted(one.sop_instance_uid for part in what.series for one in part.instances)
    uid = uid_from("available", what.study_instance_uid, *held)
    contexts = [build_context(NOTIFICATION, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]
    with associated(node, calling_ae, contexts, Patience()) as association:
        status, _ = association.send_n_create(said, NOTIFICATION, uid)
        code = status.get("Status")
        if code not in (SUCCESS, DUPLICATE_OBJECT):
            why = "was not answered" if code is None else f"was refused with 0x{code:04X}"
            raise NoAssociation(f"the notification {why}", for_good=code is not None)


def notification(what: Available, retrieve_ae: str) -> Dataset:
    """Return the attributes of a notification (PS3.4 table R.3.2-1)."""
    said = Dataset()
    said.ReferencedPerformedProcedureStepSequence = []
    said.StudyInstanceUID = what.study_instance_uid
    said.ReferencedSeriesSequence = [_series(part, retrieve_ae) for part in what.series if part.instances]
    return said


def _series(part: SeriesPart, retrieve_ae: str) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = part.series.series_instance_uid
    series.ReferencedSOPSequence = [_instance(one, retrieve_ae) for one in part.instances]
    return series


def _instance(one: Instance, retrieve_ae: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
    item.InstanceAvailability = "UNAVAILABLE" if one.damaged else "ONLINE"
    item.RetrieveAETitle = retrieve_ae
    return item
