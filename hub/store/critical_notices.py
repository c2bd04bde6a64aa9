"""Telling a site of a critical value before the report is signed, and knowing that somebody there knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.critical_notice import checked_words
from hub.domain.scope import Scope
from hub.errors import NotYours, Refused
from hub.store import audit
from hub.store.cases import locked_case, within
from hub.store.drafts import WRITABLE
from hub.store.engine import now
from hub.store.moves import touch
from hub.store.tables import CriticalNotice, Study, User

#: A critical value may also be seen when the report is out already.
NOTICEABLE = (*WRITABLE, "signed", "delivered")
#: Most notices that stand over an inbox; what is older and still unknown is counted there all the same.
MOST = 50


@dataclass(frozen=True)
class Word:
    """Who tells a site what, and from which address."""

    user: User
    words: str
    address: str = ""


def give_notice(session: Session, scope: Scope, study_id: int, word: Word) -> CriticalNotice:
    """Tell the study's site, and put the study before every other one.

    Raises NotYours, and Refused where nothing is said or the study is none that is read.
    """
    told, user = checked_words(word.words), word.user
    study = locked_case(session, scope, study_id)
    if study.state not in NOTICEABLE:
        raise Refused("of a study that is %(state)s no critical notice is given", state=study.state)
    notice = CriticalNotice(study=study, site_id=study.site_id, user=user, words=told, at=now())
    session.add(notice)
    study.priority = "critical"
    session.flush()
    touch(session, study)
    who = {"actor": user.username, "role": user.role, "site": study.site.name}
    audit.append(
        session,
        audit.entry("critical", f"study:{study.id}", "told", detail=told, address=word.address, **who),
    )
    return notice


def acknowledge(session: Session, scope: Scope, notice_id: int, user: User, address: str = "") -> Study:
    """Note that `user` knows of the critical value. The first to say so counts. Raises NotYours."""
    asked = select(CriticalNotice).where(
        CriticalNotice.id == notice_id, within(scope, CriticalNotice.site_id)
    )
    notice = session.scalar(asked)
    if notice is None:
        raise NotYours(f"notice:{notice_id}")
    first = session.execute(
        update(CriticalNotice)
        .where(CriticalNotice.id == notice_id, CriticalNotice.known_at.is_(None))
        .values(known_by_id=user.id, known_at=now())
    )
    touch(session, notice.study)
    said = "first" if first.rowcount else "again"  # type: ignore[attr-defined]
    who = {"actor": user.username, "role": user.role, "site": notice.study.site.name}
    audit.append(
        session,
        audit.entry("critical", f"study:{notice.study_id}", "known", detail=said, address=address, **who),
    )
    return notice.study


def notices_of(session: Session, study_id: int) -> Sequence[CriticalNotice]:
    """Return what a study's site was told, oldest first."""
    asked = select(CriticalNotice).where(CriticalNotice.study_id == study_id)
    return session.scalars(asked.order_by(CriticalNotice.id)).all()


def unknown_notices(session: Session, scope: Scope) -> Sequence[CriticalNotice]:
    """Return the notices to sites in `scope` that nobody there has confirmed, oldest first."""
    asked = select(CriticalNotice).where(
        within(scope, CriticalNotice.site_id), CriticalNotice.known_at.is_(None)
    )
    return session.scalars(asked.order_by(CriticalNotice.id).limit(MOST)).all()
