"""Studies put aside: a reader leaves one for a more urgent one, and comes back to it by one key."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.domain.study import READABLE
from hub.errors import Refused
from hub.store.cases import locked_case, within
from hub.store.claims import need_claim
from hub.store.engine import now
from hub.store.tables import PutAside, Study, User


def put_aside(session: Session, scope: Scope, study_id: int, user: User) -> None:
    """Note that `user` comes back to the study, and hold it. Raises NotYours, Refused and Claimed."""
    study = locked_case(session, scope, study_id)
    if study.state not in READABLE:
        raise Refused("a study that is %(state)s is not put aside", state=study.state)
    need_claim(session, study, user)
    session.execute(delete(PutAside).where(PutAside.user_id == user.id, PutAside.study_id == study.id))
    session.add(PutAside(user_id=user.id, study_id=study.id, at=now()))


def aside_of(session: Session, scope: Scope, user_id: int) -> list[int]:
    """Return the studies that wait for a person to come back, the last put aside first."""
    asked = (
        select(Study.id)
        .join(PutAside, PutAside.study_id == Study.id)
        .where(PutAside.user_id == user_id, within(scope, Study.site_id), Study.state.in_(READABLE))
        .order_by(PutAside.id.desc())
    )
    return list(session.scalars(asked))


def take_up(session: Session, study_id: int, user_id: int) -> bool:
    """Forget that the study was put aside, for it is open again; tells whether it was."""
    done = session.execute(delete(PutAside).where(PutAside.user_id == user_id, PutAside.study_id == study_id))
    return bool(done.rowcount)  # type: ignore[attr-defined]
