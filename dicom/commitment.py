"""Storage commitment between peers: asking for it, telling its result, reading one (PS3.4 J)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event

from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.entity import Extras, Patience, associated
from dicom.errors import NoAssociation
from dicom.status import SUCCESS
from hub.store.sites import ReturnNode

PUSH_MODEL = "1.2.840.10008.1.20.1"
PUSH_MODEL_INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST_COMMITMENT = 1  # action type, PS3.4 J.3.2
ALL_COMMITTED, FAILURES_EXIST = 1, 2  # event types, PS3.4 J.3.3
#: Seconds that a peer has to give its result on the association on which it was asked; the other way is sure.
SAME_ASSOCIATION_SECONDS = 2.0

#: (SOP Class UID, SOP Instance UID)
Named = tuple[str, str]


@dataclass(frozen=True)
class Result:
    """What is committed under a transaction, and what is not with the reason for it (FailureReason)."""

    transaction_uid: str
    committed: frozenset[str] = field(default_factory=frozenset)
    failed: Mapping[str, int] = field(default_factory=dict)


def result_in(said: Dataset) -> Result:
    """Return what an N-EVENT-REPORT says. Raises ValueError where it names no transaction."""
    transaction = str(said.get("TransactionUID", "") or "")
    if not transaction:
        raise ValueError("TransactionUID is missing")
    committed = {
        str(item.get("ReferencedSOPInstanceUID", "")) for item in said.get("ReferencedSOPSequence") or ()
    }
    failed = {
        str(item.get("ReferencedSOPInstanceUID", "")): int(item.get("FailureReason", 0) or 0)
        for item in said.get("FailedSOPSequence") or ()
    }
    return Result(transaction[:64], frozenset(committed), failed)


def result_report(transaction_uid: str, committed: Sequence[Named], failed: Mapping[Named, int]) -> Dataset:
    """Return the event information of a result (PS3.4 table J.3-3)."""
    report = Dataset()
    report.TransactionUID = transaction_uid
    if committed:
        report.ReferencedSOPSequence = [_item(named) for named in committed]
    if failed:
        report.FailedSOPSequence = [_item(named, reason) for named, reason in failed.items()]
    return report


def tell_result(node: ReturnNode, calling_ae: str, report: Dataset) -> None:
    """Tell `node` the result on an association of its own, on which the hub is the SCP.

    Raises NoAssociation where it is not there, or does not take the result.
    """
    event_type = FAILURES_EXIST if "FailedSOPSequence" in report else ALL_COMMITTED
    with _associated(node, calling_ae, Extras((build_role(PUSH_MODEL, scp_role=True),))) as association:
        status, _ = association.send_n_event_report(report, event_type, PUSH_MODEL, PUSH_MODEL_INSTANCE)
        _need_success(status, "the result")


def ask_commitment(
    node: ReturnNode, calling_ae: str, transaction_uid: str, instances: Sequence[Named]
) -> Result | None:
    """Ask `node` to commit to `instances`; return its result if that comes at once, else None.

    Raises NoAssociation, for good where it does not offer storage commitment or refuses the request.
    """
    came: list[Result] = []

    def on_result(event: Event) -> tuple[int, None]:
        came.append(result_in(event.event_information))
        return SUCCESS, None

    request = Dataset()
    request.TransactionUID = transaction_uid
    request.ReferencedSOPSequence = [_item(named) for named in instances]
    extras = Extras(handlers=((evt.EVT_N_EVENT_REPORT, on_result),))
    with _associated(node, calling_ae, extras) as association:
        status, _ = association.send_n_action(request, REQUEST_COMMITMENT, PUSH_MODEL, PUSH_MODEL_INSTANCE)
        _need_success(status, "the request for commitment")
        until = time.monotonic() + SAME_ASSOCIATION_SECONDS
        while not came and association.is_established and time.monotonic() < until:
            time.sleep(0.02)
    return next((one for one in came if one.transaction_uid == transaction_uid), None)


@contextmanager
def _associated(node: ReturnNode, calling_ae: str, extras: Extras) -> Iterator[Association]:
    contexts = [build_context(PUSH_MODEL, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]
    with associated(node, calling_ae, contexts, Patience(), extras) as association:
        yield association


def _need_success(status: Dataset, what: str) -> None:
    code = status.get("Status")
    if code is None:
        raise NoAssociation(f"no answer to {what}")
    if code != SUCCESS:
        raise NoAssociation(f"{what} was refused with 0x{code:04X}", for_good=True)


def _item(named: Named, reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = named
    if reason is not None:
        item.FailureReason = reason
    return item
