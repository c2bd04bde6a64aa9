"""Importing ECG files at the console: each with one line, an audit row, and the path of every other way."""

import getpass
from collections.abc import Iterable, Iterator
from pathlib import Path

from dicom.ecg_files.apart import LARGEST_FILE
from dicom.ecg_files.refusals import refusal_text
from dicom.ecg_files.take import FileOrigin, FileTaker, Taken, site_is_active
from dicom.ecg_files.ways import CONSOLE
from hub.errors import Refused
from hub.settings import Settings
from hub.store import audit, open_store


def import_paths(
    settings: Settings, site: str, paths: Iterable[Path]
) -> Iterator[tuple[Path, Taken, str]]:  # fmt: skip
    """Yield what became of every file below `paths`, with the sentence of a refusal.

    Raises Refused where there is no such site.
    """
    store = open_store(settings)
    try:
        if not site_is_active(store, site):
            raise Refused(f"there is no open site named '{site}'; `readhub site list` shows them")
        taker = FileTaker(store)
        for path in (file for given in paths for file in _files(given)):
            who = {"actor": getpass.getuser(), "role": "operator", "address": "console", "site": site}
            entry = audit.entry("import", "ecg-file", detail="at the console", **who)
            with path.open("rb") as file:
                taken = taker.take(file.read(LARGEST_FILE + 1), FileOrigin(site, CONSOLE), entry)
            refused = taken.outcome == "refused"
            yield path, taken, refusal_text(taken.reason, taken.detail, "en") if refused else ""
    finally:
        store.close()


def _files(path: Path) -> list[Path]:
    return sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else [path]
