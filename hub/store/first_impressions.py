"""Reading before the models are shown, at sites that want it: the first impression opens them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.errors import Refused
from hub.store import audit
from hub.store.cases import locked_case
from hub.store.claims import need_claim
from hub.store.engine import now
from hub.store.tables import FirstImpression, Report, Study, User

SHORTEST = 2
LONGEST = 2000


def are_hidden(session: Session, study: Study) -> bool:
    """Tell whether the models' readings of `study` are kept from its readers for now.

    They are until somebody has typed a first impression, or a report is signed.
    """
    if not study.site.reader_first:
        return False
    typed = session.scalar(select(FirstImpression.id).where(FirstImpression.study_id == study.id))
    return (
        typed is None
        and session.scalar(select(Report.id).where(Report.study_id == study.id).limit(1)) is None
    )


def keep_first_impression(session: Session, scope: Scope, study_id: int, user: User, text: str) -> None:
    """Keep what `user` thinks before the models are shown, with its instant; the first one stays."""
    study = locked_case(session, scope, study_id)
    need_claim(session, study, user)
    if not SHORTEST <= len(text.strip()) <= LONGEST:
        raise Refused("a first impression is a few words")
    if not are_hidden(session, study):
        return
    session.add(FirstImpression(study_id=study.id, user_id=user.id, text=text.strip(), at=now()))
    who = {"actor": user.username, "role": user.role, "site": study.site.name}
    audit.append(session, audit.entry("first-impression", f"study:{study.id}", **who))
