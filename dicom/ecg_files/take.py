"""Taking an ECG file in: read apart, made a DICOM ECG, and kept by the same path as a C-STORE."""

import hashlib
from dataclasses import dataclass, replace

from pydicom import Dataset
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.ecg_files.apart import check_size, read_ecg_bytes
from dicom.ecg_files.formats.dicom_ecg import claims as is_dicom
from dicom.ecg_files.refusals import NotImported
from dicom.ecg_files.wrap import ecg_uid, wrapped
from dicom.errors import Unreadable
from dicom.header import read_header
from dicom.keep import Keeper, Message, NotTaken
from dicom.part10 import data_set_place
from dicom.scrub import is_whole
from dicom.settle import settle_now
from dicom.status import OUT_OF_RESOURCES
from dicom.write.frame import part10
from hub.domain.audit import AuditEntry
from hub.errors import NotKept
from hub.store import Store, audit
from hub.store.tables import Instance, Site


@dataclass(frozen=True)
class FileOrigin:
    """By which way a file came, for which site, from what address."""

    site: str
    way: str
    address: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of a file: "kept", "same-again", "aside" or "refused" with the key of its sentence.

    `format` is empty where the file was known already or is none.
    """

    outcome: str
    digest: str
    format: str = ""
    study_id: int | None = None
    reason: str = ""
    detail: str = ""


class FileTaker:
    """Takes ECG files for a store; one for all threads of a process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keeper = Keeper(store)

    def take(self, content: bytes, origin: FileOrigin, who: AuditEntry) -> Taken:
        """Keep one file and say what became of it; taking it again adds nothing.

        Who brings it, and how in `detail`, becomes the audit row, written with the ECG in one transaction.
        Raises NotKept when disk or database are not there: nothing was kept, try again.
        """
        digest = hashlib.sha256(content).hexdigest()
        try:
            taken = self._known_or_refused(content, origin, digest, who)
        except SQLAlchemyError as error:
            raise NotKept(f"the index is not there ({type(error).__name__})") from error
        return taken

    def _known_or_refused(self, content: bytes, origin: FileOrigin, digest: str, who: AuditEntry) -> Taken:
        try:
            check_size(len(content))
            known = self._known(ecg_uid(origin.site, content), sound=True)
            if known is None:
                return self._taken(content, origin, digest, who)
            taken = Taken("same-again", digest, study_id=known)
        except NotImported as refusal:
            taken = Taken("refused", digest, reason=refusal.key, detail=refusal.detail)
        audit.note(self._store, _row(who, taken))
        return taken

    def _taken(self, content: bytes, origin: FileOrigin, digest: str, who: AuditEntry) -> Taken:
        ecg = read_ecg_bytes(content)
        is_one = is_dicom(content[:256])
        message, dataset = _message_of(content if is_one else _whole(wrapped(ecg, content, origin.site)))
        title = self._store.settings.ae_title

        def row(outcome: str) -> AuditEntry | None:
            refused = outcome == "another-site"
            return None if refused else _row(who, Taken(_said(outcome), digest, ecg.format))

        try:
            caller = Caller(origin.site, origin.way, title, origin.address)
            arrival, outcome = self._keeper.take(message, dataset, caller, row)
        except NotTaken as refusal:
            if refusal.status == OUT_OF_RESOURCES:
                raise NotKept(str(refusal)) from refusal
            raise NotImported("refused") from None
        if outcome == "another-site":
            raise NotImported("refused")
        if outcome == "kept":
            settle_now(self._store, origin.site, [arrival.study.study_instance_uid])
        return Taken(_said(outcome), digest, ecg.format, self._known(arrival.sop_instance_uid))

    def _known(self, sop_instance_uid: str, sound: bool = False) -> int | None:
        """Return the study that holds the instance, of a `sound` one where its file is whole."""
        with self._store.reading() as session:
            found = session.execute(
                select(Instance.study_id, Instance.file_key, Instance.digest)
                .where(Instance.sop_instance_uid == sop_instance_uid)
            ).first()  # fmt: skip
        if found is None or (sound and not is_whole(self._store, found.file_key, found.digest)):
            return None
        return int(found.study_id)


def _said(outcome: str) -> str:
    if outcome == "healed":
        return "same-again"
    return outcome if outcome in ("kept", "same-again") else "aside"


def _row(who: AuditEntry, taken: Taken) -> AuditEntry:
    said = f"{taken.format} {taken.reason} {who.detail}".strip()
    return replace(who, thing=f"ecg-file:{taken.digest[:16]}", outcome=taken.outcome, detail=said)


def unkept(who: AuditEntry, content: bytes, error: NotKept) -> AuditEntry:
    """Return the audit row of a file that could not be kept."""
    thing = f"ecg-file:{hashlib.sha256(content).hexdigest()[:16]}"
    return replace(who, thing=thing, outcome="refused", detail=f"503 {error}; {who.detail}")


def site_is_active(store: Store, site: str) -> bool:
    """Tell whether files may come for the site."""
    with store.reading() as session:
        return session.scalar(select(Site.id).where(Site.name == site, Site.active)) is not None


def _message_of(content: bytes) -> tuple[Message, memoryview]:
    """Return a DICOM file's data set as it is, with what its own header says of it."""
    place = data_set_place(content)
    dataset = memoryview(content)[place.offset :]
    try:
        header = read_header(dataset, place.transfer_syntax)
    except Unreadable:
        raise NotImported("unreadable-dicom") from None
    return Message(header.sop_class_uid, header.sop_instance_uid, place.transfer_syntax), dataset


def _whole(dataset: Dataset) -> bytes:
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return part10(dataset)
