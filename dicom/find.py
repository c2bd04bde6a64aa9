"""Asking a peer, by C-FIND, whether objects that were sent to it are there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.association import Association

from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE, STUDY_ROOT_FIND
from dicom.entity import Patience, associated
from dicom.errors import NoAssociation
from dicom.status import PENDING, SUCCESS
from hub.store.sites import ReturnNode


@dataclass(frozen=True)
class Found:
    """The peer answered: which SOP Instance UIDs it has, and which of those asked for it has not."""

    there: frozenset[str]
    missing: frozenset[str]


@dataclass(frozen=True)
class NoQuery:
    """The peer gives no way to ask; nothing is known about the objects."""

    why: str


class _Refused(Exception):
    """The peer refused this query; another one may do."""


def found_at(
    node: ReturnNode, study_uid: str, sop_instance_uids: Sequence[str], calling_ae: str
) -> Found | NoQuery:
    """Ask `node` which of these instances of a study it has (Study Root, IMAGE level).

    Raises NoAssociation when it is not there now or asks to come again; then nothing is known either, but
    asking later may help.
    """
    if not sop_instance_uids:
        return Found(frozenset(), frozenset())
    contexts = [build_context(STUDY_ROOT_FIND, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])]
    try:
        with associated(node, calling_ae, contexts, Patience()) as association:
            return _ask(association, study_uid, frozenset(sop_instance_uids))
    except NoAssociation as error:
        if not error.for_good:
            raise
        return NoQuery(str(error))
    except _Refused as refusal:
        return NoQuery(str(refusal))


def _ask(association: Association, study_uid: str, wanted: frozenset[str]) -> Found:
    """Ask for the instances at once, then series by series: PS3.4 C.4.1.2.2.1 lets a peer want every key."""
    there = None
    try:
        there = _instances(association, study_uid, "", wanted)
        if there == wanted:
            return Found(there, frozenset())
        found = there | _in_each_series(association, study_uid, wanted - there)
    except _Refused:
        found = _in_each_series(association, study_uid, wanted) if there is None else there
    return Found(found, wanted - found)


def _in_each_series(association: Association, study_uid: str, wanted: frozenset[str]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for series_uid in _series(association, study_uid):
        found |= _instances(association, study_uid, series_uid, wanted)
        if found == wanted:
            break
    return found


def _instances(
    association: Association, study_uid: str, series_uid: str, wanted: frozenset[str]
) -> frozenset[str]:
    query = _query("IMAGE", study_uid, series_uid)
    query.SOPInstanceUID = sorted(wanted)
    answers = _answers(association, query)
    return wanted & {str(answer.get("SOPInstanceUID", "")).strip("\0 ") for answer in answers}


def _series(association: Association, study_uid: str) -> list[str]:
    answers = _answers(association, _query("SERIES", study_uid, ""))
    return [str(uid) for answer in answers if (uid := answer.get("SeriesInstanceUID"))]


def _query(level: str, study_uid: str, series_uid: str) -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel = level
    query.StudyInstanceUID = study_uid
    query.SeriesInstanceUID = series_uid
    return query


def _answers(association: Association, query: Dataset) -> Iterable[Dataset]:
    """Return what the peer answered. Raises _Refused by its status, NoAssociation when it fell silent."""
    if not association.is_established:
        raise NoAssociation("the peer broke off the query")
    found = []
    for status, identifier in association.send_c_find(query, STUDY_ROOT_FIND):
        code = status.get("Status")
        if code is None:
            raise NoAssociation("the peer broke off the query")
        if code in PENDING and identifier is not None:
            found.append(identifier)
        elif code not in (*PENDING, SUCCESS):
            raise _Refused(f"the peer refused the query with 0x{code:04X}")
    return found
