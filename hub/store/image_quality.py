"""How good a study's pictures are: a grade by key, with a reason for every one but the best."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.image_quality import GRADES, LONGEST_REASON, needs_reason
from hub.domain.scope import Scope
from hub.errors import Refused
from hub.store import audit
from hub.store.cases import locked_case
from hub.store.engine import now
from hub.store.tables import ImageQuality, User


class NoReason(Refused):
    """A grade below the best says why."""


def grade_pictures(
    session: Session, scope: Scope, study_id: int, user: User, said: tuple[str, str]
) -> ImageQuality:
    """Keep (grade, reason) as the newest of the study; the ones before stay. Raises NotYours and NoReason."""
    study = locked_case(session, scope, study_id)
    grade, reason = said[0], said[1].strip()[:LONGEST_REASON]
    if grade not in GRADES:
        raise Refused("'%(grade)s' is no grade", grade=grade)
    if needs_reason(grade) and not reason:
        raise NoReason("a grade below A says why")
    row = ImageQuality(
        study_id=study.id, site_id=study.site_id, user=user, grade=grade, reason=reason, at=now()
    )
    session.add(row)
    session.flush()
    who = {"actor": user.username, "role": user.role, "site": study.site.name, "detail": f"{grade} {reason}"}
    audit.append(session, audit.entry("image-quality", f"study:{study.id}", **who))
    return row


def grade_of(session: Session, study_id: int) -> ImageQuality | None:
    """Return the grade that counts."""
    asked = select(ImageQuality).where(ImageQuality.study_id == study_id).order_by(ImageQuality.id.desc())
    return session.scalar(asked.limit(1))
