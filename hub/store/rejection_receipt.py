"""A rejection told in the receipt of its key object, and brought back from there when the rows are lost."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.study import REPORTED, noted, unnoted
from hub.store import audit
from hub.store.moves import touch
from hub.store.rejections import NOTES, mark_rejected, standing_instances
from hub.store.report_receipt import account_named, study_told
from hub.store.tables import Rejection, Study, User, Withdrawal

WORDS = ("reason", "words", "instances", "identity", "ko_uid", "state", "note")


def receipt_of_rejection(session: Session, rejection: Rejection) -> dict[str, Any]:
    """Return everything that a lost row is made of, as JSON values."""
    study, user = session.get_one(Study, rejection.study_id), session.get_one(User, rejection.user_id)
    return {
        **{word: getattr(rejection, word) for word in WORDS},
        "by": user.username, "by_name": user.display_name, "at": rejection.at.isoformat(),
        "site": study.site.name, "study_uid": study.study_instance_uid,
        "withdrawal": _withdrawal_told(rejection.withdrawal),
    }  # fmt: skip


def restore_rejection(session: Session, told: dict[str, Any]) -> Rejection | None:
    """Insert the rejection that a receipt tells of; None when it is there, or its study is not.

    A copy under a corrected identity has files of its own, which the rebuilt index knows.
    """
    study = study_told(session, told)
    if study is None or session.scalar(select(Rejection.id).where(Rejection.ko_uid == told["ko_uid"])):
        return None
    user = account_named(session, told["by"], told["by_name"])
    rejection = Rejection(
        **{word: told[word] for word in WORDS if word in told}, study_id=study.id, site_id=study.site_id,
        user=user,
        at=datetime.fromisoformat(told["at"]),
    )  # fmt: skip
    session.add(rejection)
    session.flush()
    if told.get("withdrawal"):
        session.add(_withdrawal(session, rejection, told["withdrawal"]))
    else:
        mark_rejected(session, study.id, told["instances"])
        _set_apart(session, study)
    audit.append(session, audit.entry("reindex", f"rejection:{rejection.id}", "restored", site=told["site"]))
    return rejection


def _withdrawal_told(withdrawal: Withdrawal | None) -> dict[str, str] | None:
    if withdrawal is None:
        return None
    user = withdrawal.user
    return {
        "by": user.username, "by_name": user.display_name, "words": withdrawal.words,
        "at": withdrawal.at.isoformat(),
    }  # fmt: skip


def _withdrawal(session: Session, rejection: Rejection, told: dict[str, str]) -> Withdrawal:
    return Withdrawal(
        rejection_id=rejection.id, user=account_named(session, told["by"], told["by_name"]),
        words=told["words"], at=datetime.fromisoformat(told["at"]),
    )  # fmt: skip


def _set_apart(session: Session, study: Study) -> None:
    """A rebuilt study has no history of moves: it is put where its rejections left it."""
    whole = not standing_instances(session, study.id)
    study.note = noted(unnoted(study.note, *NOTES.values()), "study-rejected" if whole else "images-rejected")
    if study.state in REPORTED:
        study.state = "reopened"
    elif whole:
        study.state = "rejected"
    touch(session, study)
