"""Rendered pictures, each drawn once: kept beside the hub's data, found by what they were drawn from."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import structlog

from dicom.one_frame import holding_frame
from dicom.pixels import rendered_jpeg
from hub.store import Store
from hub.store.tables import Instance

#: What a reading page asks for first, whatever its screen; drawn as soon as a film has come.
SCREEN_SIDE = 1280
#: When the kept pictures are more than this, the oldest half of a folder goes.
MOST_IN_FOLDER = 512

log = structlog.get_logger("dicom.rendered")


@dataclass(frozen=True)
class View:
    """How a picture is wanted: the frame, counted from 0, its longest side, and the window if not its own."""

    frame: int = 0
    longest_side: int | None = None
    window: tuple[float, float] | None = None


def rendered(store: Store, instance: Instance, file: Path, view: View) -> bytes:
    """Return the JPEG of an instance whose `file` is known to be sound. Raises NotAPicture and Unreadable."""
    kept = _place(store, instance, view)
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        dataset, frame = holding_frame(file, view.frame)
        picture = rendered_jpeg(dataset, frame, view.longest_side, view.window)
        _keep(kept, picture)
        return picture


def _place(store: Store, instance: Instance, view: View) -> Path:
    """Nothing of a patient is in the name; other bytes under the same UID have another digest."""
    said = f"{instance.file_key} {instance.digest} {view}"
    name = hashlib.sha256(said.encode()).hexdigest()
    return store.settings.data_dir / "pictures" / name[:2] / f"{name[2:]}.jpg"


def _keep(place: Path, picture: bytes) -> None:
    """Keep a picture whole or not at all; it can be drawn again, so nothing depends on it."""
    draft = place.with_name(f".{secrets.token_hex(8)}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_bytes(picture)
        draft.rename(place)
        _bound(place.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        log.info("a rendered picture is not kept", kind=type(error).__name__)


def _bound(folder: Path) -> None:
    held = list(os.scandir(folder))
    if len(held) <= MOST_IN_FOLDER:
        return
    oldest = sorted(held, key=lambda entry: entry.stat().st_mtime)
    for entry in oldest[: MOST_IN_FOLDER // 2]:
        Path(entry.path).unlink(missing_ok=True)
