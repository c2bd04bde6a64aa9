"""Reading every kept file again and comparing its digest: what changed on the disk is flagged as damaged."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from dicom.errors import Unreadable
from dicom.part10 import has_digest
from hub.store import Store, damage
from hub.store.tables import Instance

#: Rows are read in slices, so that nothing is held open while files are read.
SLICE = 200


@dataclass
class Scrubbed:
    """What a scrub saw: how many files, the newly damaged and the healed by row, and where it ended.

    `last` is the row's id behind which the next scrub goes on; 0 when every row was looked at.
    """

    files: int = 0
    damaged: list[int] = field(default_factory=list)
    healed: list[int] = field(default_factory=list)
    last: int = 0


def scrub(store: Store, after: int = 0, seconds: float = float("inf")) -> Scrubbed:
    """Compare the files of instances behind row `after`, for about `seconds`, and flag what is damaged."""
    until = time.monotonic() + seconds
    seen = Scrubbed()
    for row in _rows(store, after):
        seen.files += 1
        damaged = not is_whole(store, row.file_key, row.digest)
        if damaged != row.damaged:
            with store.writing() as session:
                damage.flag(session, row.id, row.file_key, damaged)
            (seen.damaged if damaged else seen.healed).append(row.id)
        if time.monotonic() > until:
            seen.last = row.id
            break
    return seen


def is_whole(store: Store, key: str, digest: str) -> bool:
    """Tell whether a file's data set still has its digest."""
    try:
        return has_digest(store.vault.path(key), digest)
    except (OSError, Unreadable):
        return False


@dataclass(frozen=True)
class _Row:
    id: int
    file_key: str
    digest: str
    damaged: bool


def _rows(store: Store, after: int) -> Iterator[_Row]:
    columns = select(Instance.id, Instance.file_key, Instance.digest, Instance.damaged)
    while True:
        with store.reading() as session:
            found = session.execute(columns.where(Instance.id > after).order_by(Instance.id).limit(SLICE))
            rows = [_Row(*row) for row in found]
        if not rows:
            return
        yield from rows
        after = rows[-1].id
