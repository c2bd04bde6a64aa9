"""Rebuilding the index from the files alone, and taking in files that a crash left without a row."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from dicom.arriving import ASIDE, arrival_of, origin_of
from dicom.errors import Unreadable
from dicom.header import header_of_file
from dicom.part10 import content_digest, dataset_offset, has_digest, read_receipt
from dicom.reindex_reports import restore_markings, restore_rejections, restore_reports
from dicom.scrub import is_whole
from dicom.selftest.traces import reject_rebuilt
from hub.domain.arrival import Arrival, Origin, decide
from hub.errors import Refused
from hub.lock import holder_of
from hub.store import Store, audit
from hub.store.arrivals import known_instance, record
from hub.store.audit_anchor import begin_anew
from hub.store.devices import restore_devices
from hub.store.site_copy import DEVICES, copied_sites
from hub.store.sites import add_site, title_holder
from hub.store.tables import Instance, KeptAside, MadeObject, Site

#: Files are recorded in transactions of this many, so that a long rebuild can be broken off and resumed.
BATCH = 100
#: So many keys are looked up in one statement.
KEYS_ASKED = 500
#: A file older than this before the newest row has its row, or was looked at by an earlier start.
OVERLAP = timedelta(minutes=10)

#: The count that each outcome of `hub.domain.arrival.OUTCOMES` adds to.
COUNTED_AS = {
    "kept": "kept", "kept-aside-content": "kept_aside", "kept-aside-syntax": "kept_aside",
    "healed": "kept", "aside-healed-content": "kept_aside", "aside-healed-syntax": "kept_aside",
    "same-again": "same_again", "aside-again-content": "same_again", "aside-again-syntax": "same_again",
    "another-site": "other_site",
}  # fmt: skip

T = TypeVar("T")

log = structlog.get_logger("dicom.reindex")


@dataclass(frozen=True)
class Counts:
    """What became of the files: how many there are, had their row, and were recorded or not.

    `unreadable` names the keys of files whose receipt or header cannot be read; nothing was removed.
    """

    files: int = 0
    indexed: int = 0
    kept: int = 0
    kept_aside: int = 0
    same_again: int = 0
    made: int = 0
    reports_restored: int = 0
    rejections_restored: int = 0
    markings_restored: int = 0
    other_site: int = 0
    damaged: int = 0
    unreadable: tuple[str, ...] = ()
    sites_added: tuple[str, ...] = ()
    sites_restored: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A file without a row: its key, where it came from, why it was kept aside if it was, its digest then."""

    key: str
    origin: Origin
    aside: str
    digest: str


def reindex(store: Store) -> Counts:
    """Write the rows of every file that has none, in the order of their receipt, and return the counts.

    Sites that are missing are added as the copy beside the database knows them (`sites_restored`), else by
    the name and calling title in the receipt, without an address; say so to the operator. Raises Refused
    while a hub runs on the data folder: it would take the same files up.
    """
    if holder_of(store.settings.data_dir) is not None:
        raise Refused("a hub is running on this data folder; stop it before rebuilding its index")
    begin_anew(store)
    return _record_all(store, list(store.vault.keys()), add_sites=True)


def adopt_orphans(store: Store) -> Counts:
    """Record the recent files that have no row: they were durable, so a re-send is then the same again.

    For the start of the receiving process, before it accepts anybody.
    """
    since = _newest_receipt(store)
    keys = list(store.vault.keys())
    if since is not None:
        oldest = (since - OVERLAP).timestamp()
        keys = [key for key in keys if store.vault.path(key).stat().st_mtime >= oldest]
    return _record_all(store, [key for key in keys if not store.vault.is_owned(key)], add_sites=False)


def _record_all(store: Store, keys: Sequence[str], add_sites: bool) -> Counts:
    named = _named_keys(store, keys)
    orphans = [key for key in keys if key not in named]
    tally: Counter[str] = Counter(files=len(keys), indexed=len(keys) - len(orphans))
    unreadable: list[str] = []
    found = sorted(
        _look(store, orphans, tally, unreadable), key=lambda one: (one.origin.received_at, one.key)
    )
    added = _add_sites(store, found) if add_sites else ()
    restored = tuple(name for name in added if name in copied_sites(store.settings.data_dir))
    for batch in _batches(found, BATCH):
        _record_batch(store, batch, tally, unreadable)
    for key in unreadable:
        log.warning("a file could not be indexed", key=key)
    if add_sites:
        tally["reports_restored"] = restore_reports(store, orphans)
        tally["markings_restored"] = restore_markings(store, orphans)
        tally["rejections_restored"] = restore_rejections(store, orphans)
        _set_selftests_apart(store)
    return Counts(**tally, unreadable=tuple(unreadable), sites_added=added, sites_restored=restored)


def _set_selftests_apart(store: Store) -> None:
    with store.writing() as session:
        if count := reject_rebuilt(session):
            said = f"{count} studies rejected again"
            audit.append(session, audit.entry("reindex", "self-tests", "restored", detail=said))


def _named_keys(store: Store, keys: Sequence[str]) -> set[str]:
    """Return which of `keys` a row names."""
    with store.reading() as session:
        return {
            key
            for batch in _batches(keys, KEYS_ASKED)
            for table in (Instance, KeptAside, MadeObject)
            for key in session.scalars(select(table.file_key).where(table.file_key.in_(batch)))
        }


def _newest_receipt(store: Store) -> datetime | None:
    with store.reading() as session:
        instants = [
            session.scalar(select(table.received_at).order_by(table.id.desc()).limit(1))
            for table in (Instance, KeptAside)
        ]  # fmt: skip
    return max((instant for instant in instants if instant is not None), default=None)


def _in_order(one: _Found) -> tuple[datetime, str]:
    return one.origin.received_at, one.key


def _look(store: Store, keys: Iterable[str], tally: Counter[str], unreadable: list[str]) -> Iterator[_Found]:
    for key in keys:
        try:
            receipt = read_receipt(store.vault.path(key))
            if "made" in receipt:
                tally["made"] += 1
                continue
            aside, digest = str(receipt.get("kept_aside", "")), str(receipt.get("digest", ""))
            yield _Found(key, origin_of(receipt), aside, digest)
        except (Unreadable, KeyError, ValueError, OSError):
            unreadable.append(key)


def _add_sites(store: Store, found: Iterable[_Found]) -> tuple[str, ...]:
    """Add the sites that the copy or receipts name and the table lacks; a title that is taken is made up."""
    copied = copied_sites(store.settings.data_dir)
    titles: dict[str, str] = {name: said["ae_title"] for name, said in copied.items()}
    for one in found:
        titles.setdefault(one.origin.site, one.origin.calling_ae)
    added = []
    with store.writing() as session:
        for name, title in titles.items():
            if session.scalar(select(Site.id).where(Site.name == name)):
                continue
            taken = title_holder(session, title)
            site = add_site(session, name, _free_title(session) if taken else title)
            said = dict(copied.get(name, {}))
            restore_devices(session, site, said.pop(DEVICES, []))
            for field, value in said.items():
                setattr(site, field, site.ae_title if field == "ae_title" else value)
            audit.append(session, audit.entry("site", f"site:{name}", "added", detail="by reindex"))
            added.append(name)
    return tuple(added)


def _free_title(session: Session) -> str:
    titles = (f"REINDEXED{number}" for number in range(1, 10_000))
    return next(title for title in titles if title_holder(session, title) is None)


def _record_batch(store: Store, batch: Sequence[_Found], tally: Counter[str], unreadable: list[str]) -> None:
    read = []
    for one in batch:
        try:
            read.append((one, *_arrival(store.vault.path(one.key), one.digest)))
        except (Unreadable, OSError):
            unreadable.append(one.key)
    with store.writing() as session:
        for one, arrival, whole in read:
            tally["damaged"] += not whole
            try:
                with session.begin_nested():
                    tally[COUNTED_AS[_record_one(store, session, one, arrival, whole)]] += 1
            except (IntegrityError, DataError):
                unreadable.append(one.key)


def _arrival(path: Path, digest: str) -> tuple[Arrival, bool]:
    """Return what the file holds, under the digest of its receipt, and whether the bytes still have it."""
    header = header_of_file(path)
    size = path.stat().st_size - dataset_offset(path)
    return arrival_of(
        header, header.sop_class_uid, digest or content_digest(path), size
    ), not digest or has_digest(path, digest)


def _record_one(store: Store, session: Session, one: _Found, arrival: Arrival, whole: bool) -> str:
    def is_sound(key: str, digest: str) -> bool:
        return not whole or is_whole(store, key, digest)  # what is damaged itself heals nothing

    known = known_instance(session, arrival.sop_instance_uid)
    outcome = decide(arrival, one.origin.site, known, is_sound)
    if outcome == "another-site":
        return outcome
    if one.aside and outcome in ("kept", "kept-aside-content", "kept-aside-syntax"):
        outcome = ASIDE + one.aside
    record(session, arrival, one.origin, outcome, one.key)
    if outcome == "kept" and not whole:
        session.execute(update(Instance).where(Instance.file_key == one.key).values(damaged=True))
    return outcome


def _batches(found: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    rest = iter(found)
    while batch := list(islice(rest, size)):
        yield batch
