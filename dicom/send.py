"""Sending stored objects to a peer: their bytes as they are, in one association, and each answer told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from pynetdicom.association import Association

from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE, MOST_PROPOSED, proposals
from dicom.entity import Patience, associated
from dicom.errors import NoAssociation, Unreadable
from dicom.header import header_of_file
from hub.domain.delivery import storage_outcome
from hub.store.sites import ReturnNode


@dataclass(frozen=True)
class SendResult:
    """What became of one object: the peer's C-STORE status, if it answered, and what it means.

    `outcome` is "stored", "warned" or "failed"; `detail` is a sentence for anything but "stored".
    """

    path: Path
    sop_instance_uid: str
    status: int | None
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class _Object:
    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str


def send_files(
    node: ReturnNode, paths: Sequence[Path], calling_ae: str, patience: Patience | None = None
) -> list[SendResult]:
    """Send Part 10 files by C-STORE, in one association unless they need more than 128 contexts.

    Returns one result per path, in their order. Raises NoAssociation when nothing could be asked at all;
    when the peer breaks off in between, the objects without an answer are "failed" and say so.
    """
    results: dict[Path, SendResult] = {}
    objects = []
    for path in paths:
        try:
            objects.append(_object(path))
        except (Unreadable, OSError) as error:
            results[path] = SendResult(path, "", None, "failed", f"not sent: {error}")
    asked = False
    for batch in _batches(objects):
        contexts = list(proposals((one.sop_class_uid, one.transfer_syntax) for one in batch))
        try:
            with associated(node, calling_ae, contexts, patience or Patience()) as association:
                results |= {one.path: _send_one(association, one) for one in batch}
        except NoAssociation as error:
            if not asked:
                raise
            results |= {one.path: _failed(one, f"not sent: {error}") for one in batch}
        asked = True
    return [results[path] for path in paths]


def send_paths(node: ReturnNode, paths: Iterable[Path], calling_ae: str) -> list[SendResult]:
    """Send files and whole folders; what is no DICOM object is reported as not sent."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return send_files(node, [file for file in dict.fromkeys(files) if not file.is_dir()], calling_ae)


def _object(path: Path) -> _Object:
    header = header_of_file(path)
    if not header.sop_class_uid:
        raise Unreadable("SOPClassUID (0008,0016) is missing or empty")
    return _Object(path, header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax)


def _batches(objects: Sequence[_Object]) -> Iterator[list[_Object]]:
    """Split where the contexts of one association are full."""
    batch: list[_Object] = []
    kinds: set[tuple[str, str]] = set()
    for one in objects:
        more = kinds | {(one.sop_class_uid, one.transfer_syntax)}
        if len(list(proposals(more))) > MOST_PROPOSED:
            yield batch
            batch, more = [], {(one.sop_class_uid, one.transfer_syntax)}
        batch.append(one)
        kinds = more
    if batch:
        yield batch


def _send_one(association: Association, one: _Object) -> SendResult:
    if not association.is_established:
        return _failed(one, "not sent: the peer ended the association")
    try:
        status = association.send_c_store(_as_accepted(association, one))
    except NoAssociation as error:
        return _failed(one, str(error))
    except (ValueError, AttributeError, RuntimeError, OSError, InvalidDicomError) as error:
        return _failed(one, f"not sent: it cannot be encoded ({type(error).__name__})")
    if "Status" not in status:
        association.abort()
        return _failed(one, "no answer: the peer broke off or was silent too long")
    outcome = storage_outcome(status.Status)
    detail = "" if outcome == "stored" else f"{outcome}: the peer answered 0x{status.Status:04X}"
    return SendResult(one.path, one.sop_instance_uid, status.Status, outcome, detail)


def _failed(one: _Object, detail: str) -> SendResult:
    return SendResult(one.path, one.sop_instance_uid, None, "failed", detail)


def _as_accepted(association: Association, one: _Object) -> Path | pydicom.Dataset:
    """Return the file, sent as it lies, or its data set uncompressed where the peer takes only that."""
    accepted = {
        str(context.transfer_syntax[0])
        for context in association.accepted_contexts
        if context.abstract_syntax == one.sop_class_uid
    }
    if one.transfer_syntax in accepted:
        return one.path
    plain = next((syntax for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE) if syntax in accepted), None)
    if plain is None:
        raise NoAssociation("not sent: the peer takes no such objects")
    dataset = pydicom.dcmread(one.path)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress()
    return dataset
