"""Marks told in the receipts of their objects, and brought back from there when the rows are lost."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.store.report_receipt import account_named, study_told
from hub.store.tables import Marking, Study

WORDS = ("version", "marks", "key_images", "sr_uid", "ko_uid")


def receipt_of_marking(session: Session, marking: Marking) -> dict[str, Any]:
    """Return everything that a lost row is made of, as JSON values."""
    study = session.get_one(Study, marking.study_id)
    return {
        **{word: getattr(marking, word) for word in WORDS},
        "by": marking.user.username, "by_name": marking.user.display_name, "at": marking.at.isoformat(),
        "site": study.site.name, "study_uid": study.study_instance_uid,
    }  # fmt: skip


def restore_marking(session: Session, told: dict[str, Any]) -> tuple[Marking | None, bool]:
    """Return the marks that a receipt tells of, and whether they were inserted; None without their study."""
    study = study_told(session, told)
    if study is None:
        return None, False
    known = session.scalar(select(Marking).where(Marking.sr_uid == told["sr_uid"]))
    if known is not None:
        return known, False
    marking = Marking(
        **{word: told[word] for word in WORDS}, study_id=study.id, site_id=study.site_id,
        user=account_named(session, told["by"], told["by_name"]), at=datetime.fromisoformat(told["at"]),
    )  # fmt: skip
    session.add(marking)
    session.flush()
    return marking, True
