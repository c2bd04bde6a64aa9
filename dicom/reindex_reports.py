"""Brings signed reports back from the files made of them, so that none is offered as unread again."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from dicom.errors import Unreadable
from dicom.header import header_of_file
from dicom.part10 import dataset_offset, read_receipt
from hub.store import Store
from hub.store.made import add_made
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
    for one in (sr, pdfs.get(report.sr_uid)):
        if one is not None:
            add_made(session, _row(store, report, one))
    return True


def _row(store: Store, report: Report, made: Made) -> MadeObject:
    key, receipt = made
    path = store.vault.path(key)
    header = header_of_file(path)
    return MadeObject(
        study_id=report.study_id, kind=receipt["made"], report_id=report.id,
        sop_class_uid=header.sop_class_uid, sop_instance_uid=header.sop_instance_uid,
        series_instance_uid=header.series_instance_uid, file_key=key,
        digest=sha256(path.read_bytes()[dataset_offset(path) :]).hexdigest(),
    )  # fmt: skip
