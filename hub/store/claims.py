"""Claims: who is reading a study now, at most one, visible to the others."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from hub.domain.people import reports_on
from hub.domain.scope import Scope
from hub.errors import HubError, Refused
from hub.store import audit
from hub.store.cases import claim_of, locked_case
from hub.store.engine import now
from hub.store.moves import touch
from hub.store.tables import Claim, Study, User

#: A claim that its holder has not touched for so long is shown as left behind.
STALE_MINUTES = 15


class Claimed(HubError):
    """Somebody else is reading the study; `by` names them."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} is reading this study; taking it over is a step of its own")
        self.by = by


class OtherKind(Refused):
    """The study is of a kind on which the user's role does not report."""


def take(session: Session, scope: Scope, study_id: int, user: User, over: bool = False) -> Claim:
    """Claim the study for `user`; `over` takes it from whoever holds it, which is audited.

    Claiming again only says that one is still there. Raises Claimed, OtherKind and NotYours.
    """
    study = locked_case(session, scope, study_id)
    if not reports_on(user.role, study.modality):
        raise OtherKind(f"the role {user.role} reads no {study.modality} studies for a report")
    held = claim_of(session, study.id)
    if held is None:
        return _insert(session, study, user)
    if held.user_id == user.id:
        held.seen_at = now()
        return held
    if not over:
        raise Claimed(held.user.display_name)
    return _take_over(session, study, held, user)


def need_claim(session: Session, study: Study, user: User) -> None:
    """Make sure that `user` may write: claims a free study. Raises Claimed when somebody else holds it.

    The study must be locked by the caller's transaction.
    """
    held = claim_of(session, study.id)
    if held is None:
        _insert(session, study, user)
    elif held.user_id == user.id:
        held.seen_at = now()
    else:
        raise Claimed(held.user.display_name)


def give_back(session: Session, scope: Scope, study_id: int, user: User) -> None:
    """Give the claim back; nothing happens when it is somebody else's or nobody's."""
    study = locked_case(session, scope, study_id)
    held = claim_of(session, study.id)
    if held is not None and held.user_id == user.id:
        release(session, study)
        touch(session, study)


def release(session: Session, study: Study) -> None:
    """Remove whatever claim there is."""
    session.execute(delete(Claim).where(Claim.study_id == study.id))


def is_stale(claim: Claim) -> bool:
    """Tell whether the holder seems to have left."""
    return claim.seen_at + timedelta(minutes=STALE_MINUTES) < now()


def _insert(session: Session, study: Study, user: User) -> Claim:
    instant = now()
    claim = Claim(study_id=study.id, user=user, since=instant, seen_at=instant)
    session.add(claim)
    session.flush()
    touch(session, study)
    return claim


def _take_over(session: Session, study: Study, held: Claim, user: User) -> Claim:
    said = f"from {held.user.username}"
    held.user, held.since, held.seen_at = user, now(), now()
    session.flush()
    who = {"actor": user.username, "role": user.role, "site": study.site.name, "detail": said}
    audit.append(session, audit.entry("claim", f"study:{study.id}", "taken-over", **who))
    touch(session, study)
    return held
