"""A signed report told in the receipt of its SR, and brought back from there when the rows are lost."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.study import noted
from hub.store import audit
from hub.store.engine import now
from hub.store.moves import touch
from hub.store.tables import Delivery, Report, Site, Study, User

#: Columns of a report that its receipt repeats word by word.
WORDS = (
    "version", "kind", "findings", "impression", "advice", "addendum", "signer_name", "signer_licence",
    "shown", "shown_digest", "suggestion", "digest", "sr_uid", "pdf_uid", "author_name",
    "author_licence", "reasons",
)  # fmt: skip


def receipt_of_report(session: Session, report: Report) -> dict[str, Any]:
    """Return everything that a lost row of `report` is made of, as JSON values."""
    study = session.get_one(Study, report.study_id)
    return {
        **{word: getattr(report, word) for word in WORDS},
        "signer": session.get_one(User, report.signer_id).username,
        "signed_at": report.signed_at.isoformat(),
        "site": study.site.name,
        "study_uid": study.study_instance_uid,
    }


def restore_report(session: Session, told: dict[str, Any]) -> Report | None:
    """Insert the report that a receipt tells of; None when it is there, or its study is not.

    Its study counts as signed again: it must not be offered as unread, nor signed as a first version.
    What was delivered is not known any more, so nothing is sent; the township finds it in its inbox.
    """
    study = study_told(session, told)
    if study is None or session.scalar(select(Report.id).where(Report.sr_uid == told["sr_uid"])):
        return None
    report = Report(
        **{word: told[word] for word in WORDS if word in told},
        study_id=study.id,
        site_id=study.site_id,
        signer_id=account_named(session, told["signer"], told["signer_name"], told["signer_licence"]).id,
        signed_at=datetime.fromisoformat(told["signed_at"]),
    )
    session.add(report)
    session.flush()
    session.add(_in_the_inbox(report))
    study.state, study.note = "signed", noted(study.note, "rebuilt")
    touch(session, study)
    audit.append(session, audit.entry("reindex", f"report:{report.id}", "restored", site=study.site.name))
    return report


def study_told(session: Session, told: dict[str, Any]) -> Study | None:
    """Return the study that a receipt names by its site and UID."""
    return session.scalar(
        select(Study)
        .join(Site, Site.id == Study.site_id)
        .where(Site.name == told["site"], Study.study_instance_uid == told["study_uid"])
    )


def account_named(session: Session, username: str, name: str, licence: str = "") -> User:
    """Return an account; a lost one comes back closed, without a password that could fit."""
    user = session.scalar(select(User).where(User.username == username))
    if user is None:
        user = User(
            username=username, display_name=name, licence=licence, role="reader",
            password_hash="!", active=False, created_at=now(),
        )  # fmt: skip
        session.add(user)
        session.flush()
    return user


def _in_the_inbox(report: Report) -> Delivery:
    return Delivery(
        report_id=report.id, study_id=report.study_id, site_id=report.site_id, channel="inbox",
        destination="inbox", state="sent", detail="restored from the files", created_at=now(), sent_at=now(),
    )  # fmt: skip
