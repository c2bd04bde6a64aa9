"""The two levels: a first reader hands a report over, a reviewer signs it or gives it back with a reason."""

from sqlalchemy.orm import Session

from hub.domain.people import may
from hub.domain.scope import Scope
from hub.domain.two_levels import LONGEST_REASON
from hub.errors import Changed
from hub.store import audit
from hub.store.cases import locked_case, reports_of
from hub.store.claims import release
from hub.store.engine import Store
from hub.store.moves import move_study
from hub.store.signing import Wish, changed_since, shown_of
from hub.store.signing_case import reasons_for
from hub.store.signing_rights import NotSignable, need_kind, need_open, need_right_to_sign, need_text
from hub.store.tables import User, WrittenReport
from hub.store.written import add_written, settle, waiting_report, written_text

SHORTEST_REASON = 2


def write_report(store: Store, wish: Wish) -> int:
    """Hand a report over for review, and return its row; the same request again changes nothing.

    Raises what `hub.store.signing.sign` raises, but needs no title and no second doctor.
    """
    with store.writing() as session:
        return write_within(session, wish)


def write_within(session: Session, wish: Wish) -> int:
    """Hand over as `write_report` does, in the caller's transaction, which ends with the first error."""
    study = locked_case(session, wish.scope, wish.study_id)
    user = session.get_one(User, wish.user_id)
    if not user.active or not may(user.role, "read"):
        raise NotSignable("no-right", "this account writes no reports")
    need_kind(user, study)
    waiting = waiting_report(session, study.id)
    if waiting is not None and study.state in ("written", "reopened"):
        return _again(waiting, wish)
    need_open(session, study, user)
    if waiting is not None:
        _overtaken(session, waiting, user)
    differences = changed_since(wish.token, shown_of(session, study))
    if differences:
        raise Changed(differences)
    need_text(wish.text, bool(reports_of(session, study.id)))
    reasons = reasons_for(session, study, wish.text, wish.beside)
    row = add_written(session, study, user, wish.text, reasons)
    move_study(session, study, "report-written")
    release(session, study)
    who = {"actor": user.username, "role": user.role, "site": study.site.name, "address": wish.address}
    audit.append(session, audit.entry("write", f"study:{study.id}", **who))
    for key, reason in reasons.items():
        audit.append(session, audit.entry("override", f"study:{study.id}", key, detail=reason, **who))
    return row.id


def return_report(session: Session, scope: Scope, study_id: int, user: User, reason: str) -> WrittenReport:
    """Give a report back to its first reader. Raises NotYours, NotSignable, Claimed and ForbiddenMove."""
    study = locked_case(session, scope, study_id)
    need_right_to_sign(user, study)
    row = waiting_report(session, study.id)
    if row is None:
        raise NotSignable("nothing-waits", "no report of this study waits for review")
    need_open(session, study, user)
    said = reason.strip()[:LONGEST_REASON]
    if len(said) < SHORTEST_REASON:
        raise NotSignable("no-reason", "a report goes back with a reason")
    settle(session, row, "returned", user, reason=said)
    move_study(session, study, "report-returned")
    release(session, study)
    who = {"actor": user.username, "role": user.role, "site": study.site.name, "detail": said}
    audit.append(session, audit.entry("return", f"study:{study.id}", **who))
    return row


def _overtaken(session: Session, waiting: WrittenReport, user: User) -> None:
    """A late image took the study out of review: its writer hands it over anew, nobody else."""
    if waiting.writer_id != user.id:
        raise Changed(("draft",))
    settle(session, waiting, "withdrawn", user)


def _again(waiting: WrittenReport, wish: Wish) -> int:
    """A double click hands the same text over twice."""
    if waiting.writer_id == wish.user_id and written_text(waiting) == wish.text:
        return waiting.id
    raise Changed(("draft",))
