"""Sending stored objects to a peer: their bytes as they are, in one association, and each answer told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom import Dataset, dcmread
from pynetdicom.association import Association

from dicom.answers import storage_answer
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE, MOST_PROPOSED, proposals
from dicom.entity import Patience, associated
from dicom.errors import Damaged, NoAssociation, NotAPicture, Unreadable
from dicom.header import header_of_file
from dicom.load import load_dataset
from dicom.transcode import transcoded_file
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
class Sendable:
    """A stored object as a sender must know it."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str


def _unchecked(_one: Sendable) -> None:
    """Take an object as it lies."""


@dataclass(frozen=True)
class Manner:
    """How files are sent: under which title, how patiently, and for whose C-MOVE if for one.

    `check` looks at each object when its turn comes, and raises Damaged where it must not be sent.
    """

    calling_ae: str
    patience: Patience = Patience()
    check: Callable[[Sendable], None] = _unchecked
    originator_ae: str | None = None
    originator_id: int | None = None


def send_files(
    node: ReturnNode, paths: Sequence[Path], calling_ae: str, patience: Patience | None = None
) -> list[SendResult]:
    """Send Part 10 files by C-STORE, in one association unless they need more than 128 contexts.

    Returns one result per path, in their order. Raises NoAssociation when nothing could be asked at all;
    when the peer breaks off in between, the objects without an answer are "failed" and say so.
    """
    results, objects = {}, []
    for path in paths:
        try:
            objects.append(_sendable(path))
        except (Unreadable, OSError) as error:
            results[path] = SendResult(path, "", None, "failed", f"not sent: {error}")
    sent = sending(node, objects, Manner(calling_ae, patience or Patience()))
    results |= {result.path: result for result in sent}
    return [results[path] for path in paths]


def sending(node: ReturnNode, objects: Sequence[Sendable], how: Manner) -> Iterator[SendResult]:
    """Send as `send_files`, and yield each result as it comes."""
    asked = False
    for batch in _batches(objects):
        done: list[Sendable] = []
        contexts = list(proposals((one.sop_class_uid, one.transfer_syntax) for one in batch))
        try:
            with associated(node, how.calling_ae, contexts, how.patience) as association:
                for one in batch:
                    result = send_one(association, one, how)
                    done.append(one)
                    yield result
        except NoAssociation as error:
            if not asked and not done:
                raise
            yield from (_failed(one, f"not sent: {error}") for one in batch[len(done) :])
        asked = True


def send_paths(node: ReturnNode, paths: Iterable[Path], calling_ae: str) -> list[SendResult]:
    """Send files and whole folders; what is no DICOM object is reported as not sent."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return send_files(node, [file for file in dict.fromkeys(files) if not file.is_dir()], calling_ae)


def _sendable(path: Path) -> Sendable:
    """Return what must be known of a file to send it. Raises Unreadable or OSError."""
    header = header_of_file(path)
    if not header.sop_class_uid:
        raise Unreadable("SOPClassUID (0008,0016) is missing or empty")
    return Sendable(path, header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax)


def _batches(objects: Sequence[Sendable]) -> Iterator[list[Sendable]]:
    """Split where the contexts of one association are full."""
    batch: list[Sendable] = []
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


def send_one(association: Association, one: Sendable, how: Manner) -> SendResult:
    """Send one object on an association that takes it, and tell how that went."""
    if not association.is_established:
        return _failed(one, "not sent: the peer ended the association")
    try:
        how.check(one)
        status = association.send_c_store(
            _as_accepted(association, one),
            originator_aet=how.originator_ae, originator_id=how.originator_id,
        )  # fmt: skip
    except NoAssociation as error:
        return _failed(one, str(error))
    except (Damaged, NotAPicture, Unreadable) as error:
        return _failed(one, f"not sent: {error}")
    except (ValueError, AttributeError, RuntimeError, OSError) as error:
        return _failed(one, f"not sent: it cannot be encoded ({type(error).__name__})")
    if "Status" not in status:
        association.abort()
        return _failed(one, "no answer: the peer broke off or was silent too long")
    outcome = storage_outcome(status.Status)
    meaning = storage_answer(status.Status).meaning
    detail = "" if outcome == "stored" else f"{outcome}: the peer answered 0x{status.Status:04X} ({meaning})"
    return SendResult(one.path, one.sop_instance_uid, status.Status, outcome, detail)


def _failed(one: Sendable, detail: str) -> SendResult:
    return SendResult(one.path, one.sop_instance_uid, None, "failed", detail)


def _as_accepted(association: Association, one: Sendable) -> Path | Dataset:
    """Return the file, sent as it lies, or its data set uncompressed where the peer takes only that."""
    accepted = {
        str(context.transfer_syntax[0])
        for context in association.accepted_contexts
        if context.abstract_syntax == one.sop_class_uid and context.as_scu
    }
    if one.transfer_syntax in accepted:
        return one.path
    plain = next((syntax for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE) if syntax in accepted), None)
    if plain is None:
        raise NoAssociation("not sent: the peer takes no such objects")
    return dcmread(BytesIO(transcoded_file(load_dataset(one.path), EXPLICIT_LITTLE)))
