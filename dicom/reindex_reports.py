"""Brings signed reports, marks and rejections back from the files made of them: none is forgotten."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy.orm import Session

from dicom.errors import Unreadable
from dicom.header import header_of_file
from dicom.part10 import content_digest, read_receipt
from hub.store import Store
from hub.store.made import add_made
from hub.store.marking_receipt import restore_marking
from hub.store.rejection_receipt import restore_rejection
from hub.store.report_receipt import restore_report
from hub.store.tables import MadeObject, Report

Made = tuple[str, dict[str, Any]]


def restore_reports(store: Store, keys: Iterable[str]) -> int:
    """Insert the reports that the made files among `keys` tell of, oldest version first; return how many."""
    made = list(_made(store, keys))
    srs = [one for one in made if one[1]["made"] == "report-sr" and "report" in one[1]]
    pdfs = {
        str(receipt.get("sr_uid")): (key, receipt) for key, receipt in made if receipt["made"] == "report-pdf"
    }
    srs.sort(key=lambda one: (one[1]["report"]["study_uid"], one[1]["report"]["version"]))
    with store.writing() as session:
        return sum(_restore(session, store, sr, pdfs) for sr in srs)


def restore_markings(store: Store, keys: Iterable[str]) -> int:
    """Insert the marks and key images that the made files among `keys` tell of; return how many versions."""
    objects = [one for one in _made(store, keys) if "marking" in one[1]]
    objects.sort(key=lambda one: one[1]["marking"]["version"])
    restored = 0
    with store.writing() as session:
        for key, receipt in objects:
            marking, new = restore_marking(session, receipt["marking"])
            if marking is not None:
                row = _object(store, (key, receipt), marking.study_id)
                row.marking_id = marking.id
                add_made(session, [row])
                restored += new
    return restored


def restore_rejections(store: Store, keys: Iterable[str]) -> int:
    """Insert the rejections that the made files among `keys` tell of, and mark what they reject; how many.

    The file of one that was taken back was kept anew with that; it counts before the older file.
    """
    notes = [one for one in _made(store, keys) if one[1]["made"] == "rejection-note"]
    notes.sort(key=lambda one: not one[1]["rejection"].get("withdrawal"))
    restored = 0
    with store.writing() as session:
        for key, receipt in notes:
            rejection = restore_rejection(session, receipt["rejection"])
            if rejection is not None:
                row = _object(store, (key, receipt), rejection.study_id)
                row.rejection_id = rejection.id
                add_made(session, [row])
                restored += 1
    return restored


def _made(store: Store, keys: Iterable[str]) -> Iterator[Made]:
    for key in keys:
        try:
            receipt = read_receipt(store.vault.path(key))
        except (Unreadable, OSError):
            continue
        if "made" in receipt:
            yield key, receipt


def _restore(session: Session, store: Store, sr: Made, pdfs: dict[str, Made]) -> bool:
    report = restore_report(session, sr[1]["report"])
    if report is None:
        return False
    held = (sr, pdfs.get(report.sr_uid))
    add_made(session, (_row(store, report, one) for one in held if one is not None))
    return True


def _row(store: Store, report: Report, made: Made) -> MadeObject:
    row = _object(store, made, report.study_id)
    row.report_id = report.id
    return row


def _object(store: Store, made: Made, study_id: int) -> MadeObject:
    key, receipt = made
    path = store.vault.path(key)
    header = header_of_file(path)
    return MadeObject(
        study_id=study_id, kind=receipt["made"],
        sop_class_uid=header.sop_class_uid, sop_instance_uid=header.sop_instance_uid,
        series_instance_uid=header.series_instance_uid, file_key=key,
        digest=content_digest(path),
    )  # fmt: skip
