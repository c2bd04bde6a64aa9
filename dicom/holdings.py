"""A folder of received objects and what C-FIND can say of them: STUDY, SERIES and IMAGE by their UIDs."""

import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dicom.errors import Unreadable
from dicom.header import Header, header_of_file

#: The unique keys of the study root model, from the top (PS3.4 C.6.2.1).
LEVELS = {
    "STUDY": ("StudyInstanceUID",),
    "SERIES": ("StudyInstanceUID", "SeriesInstanceUID"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}


@dataclass(frozen=True)
class Held:
    """One object of the folder by its UIDs."""

    StudyInstanceUID: str
    SeriesInstanceUID: str
    SOPInstanceUID: str


class Holdings:
    """The objects in a folder, each kept once by its SOP Instance UID under a name of our own."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, made if missing, with what it holds already."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._held: dict[str, Held] = {}
        for path in folder.glob("*.dcm"):
            try:
                self._add(header_of_file(path))
            except (Unreadable, OSError):
                continue

    def keep(self, header: Header, *parts: bytes | memoryview) -> None:
        """Write `parts` as one file, durable under its final name; what is held already stays as it is.

        Raises OSError when the disk does not take it.
        """
        with self._lock:
            if header.sop_instance_uid in self._held:
                return
            _write_durably(self._folder, f"{secrets.token_hex(8)}.dcm", parts)
            self._add(header)

    def matching(self, level: str, keys: Mapping[str, frozenset[str]]) -> Iterator[dict[str, str]]:
        """Yield the unique keys of each entity at `level` whose UIDs are among `keys` (empty: any)."""
        with self._lock:
            held = list(self._held.values())
        seen = set()
        for one in held:
            uids = {name: str(getattr(one, name)) for name in LEVELS[level]}
            fits = all(not keys.get(name) or getattr(one, name) in keys[name] for name in LEVELS["IMAGE"])
            if fits and tuple(uids.values()) not in seen:
                seen.add(tuple(uids.values()))
                yield uids

    def _add(self, header: Header) -> None:
        uids = Held(header.study_instance_uid, header.series_instance_uid, header.sop_instance_uid)
        self._held[header.sop_instance_uid] = uids


def _write_durably(folder: Path, name: str, parts: tuple[bytes | memoryview, ...]) -> None:
    draft = folder / f".{name}.part"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
