"""Taking a rejection back: by a named person, with a reason; the rejection and its key object stay.

IHE's IOCM has no note that takes another back, so that no peer is told: one that has acted on the
rejection is asked by a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.errand import UNDER_WAY
from hub.domain.rejection import check_words
from hub.domain.report import ReportText, canonical_digest
from hub.domain.scope import Scope
from hub.domain.study import TORN, back_to, noted, quiet_seconds, unnoted
from hub.errors import NotYours, Refused
from hub.store import audit
from hub.store.cases import draft_of, locked_case, reports_of
from hub.store.deliveries import count_as_delivered
from hub.store.drafts import text_of
from hub.store.engine import now
from hub.store.errands import put_off, write_errand
from hub.store.moves import move_study
from hub.store.rejections import (
    CORRECT,
    IN_PART,
    NOTES,
    OF_NOTHING,
    TELL,
    mark_standing,
    rejections_of,
    standing_instances,
)
from hub.store.signing import shown_of
from hub.store.tables import AuditRow, Errand, Rejection, Report, Study, User, Withdrawal
from hub.store.written import waiting_report

#: What the study's note says, so that who opens or holds it is warned.
WITHDRAWN = "rejection-withdrawn"


@dataclass(frozen=True)
class Second:
    """Who takes a rejection back, and why."""

    user: User
    words: str
    address: str = ""


def withdraw(session: Session, scope: Scope, rejection_id: int, second: Second) -> Withdrawal:
    """Take a rejection back: its instances are shown again, and their study returns to where it was.

    A correction is taken back once its copy is rejected. Raises NotYours and Refused; then nothing was
    written.
    """
    check_words(second.words)
    rejection = session.get(Rejection, rejection_id)
    if rejection is None:
        raise NotYours(f"rejection:{rejection_id}")
    study = locked_case(session, scope, rejection.study_id)
    session.refresh(rejection)
    if rejection.withdrawal is not None:
        raise Refused("this rejection was taken back already")
    _need_no_copy(session, rejection)
    last = [one for one in rejections_of(session, study.id) if one.withdrawal is None][-1]
    withdrawal = Withdrawal(
        rejection_id=rejection.id, user=second.user, words=second.words.strip(), at=now()
    )  # fmt: skip
    session.add(withdrawal)
    session.flush()
    session.refresh(rejection)
    mark_standing(session, study.id, rejection.instances)
    _return(session, study, rejection, last)
    write_errand(session, TELL, rejection.id, key=f"withdraw:{rejection.id}")
    who = {"actor": second.user.username, "role": second.user.role, "site": study.site.name}
    said = f"rejection:{rejection.id} {len(rejection.instances)} instances; {withdrawal.words}"
    entry = audit.entry(
        "withdraw", f"study:{study.id}", study.state, detail=said[:500], address=second.address, **who
    )
    audit.append(session, entry)
    return withdrawal


def told_of(session: Session, rejections: Sequence[Rejection]) -> frozenset[int]:
    """Return which rejections a peer was told of: what it did then is not for us to take back."""
    things = {f"instance:{one.ko_uid}": one.id for one in rejections}
    asked = select(AuditRow.thing).where(
        AuditRow.act == "reject", AuditRow.outcome == "told", AuditRow.thing.in_(things)
    )
    return frozenset(things[thing] for thing in session.scalars(asked))


def _need_no_copy(session: Session, rejection: Rejection) -> None:
    """Raise Refused while the same images stand, or are about to, under the identity that was corrected."""
    if not rejection.identity:
        return
    key = Errand.key == f"{CORRECT}:{rejection.id}"
    errand = session.scalar(select(Errand).where(key).with_for_update())
    if errand is not None and errand.state in UNDER_WAY:
        raise Refused("the corrected copy is being written; try again in a minute")
    uid = rejection.identity["study_uid"]
    copy = session.scalar(
        select(Study).where(Study.site_id == rejection.site_id, Study.study_instance_uid == uid)
    )
    if copy is not None and standing_instances(session, copy.id):
        raise Refused("the copy under the corrected identity stands; reject that study first")


def _return(session: Session, study: Study, rejection: Rejection, last: Rejection) -> None:
    """Put a study back to where it stood before `last`, the newest rejection in force until now."""
    event = _event(session, study, rejection, last)
    study.note = _note(session, study, last)
    move_study(session, study, event)
    if study.state == "signed":
        count_as_delivered(session, study)
    put_off(session, "settle", study.id, quiet_seconds(study.modality, study.site.quiet_factor))


def _event(session: Session, study: Study, rejection: Rejection, last: Rejection) -> str:
    if _comes_from_quarantine(study, last):
        return back_to("quarantined")
    if study.state == "rejected":
        return back_to(_before(last, rejection))
    if study.state == "reopened" and _was_at_rest(session, last) and _is_reported(session, study):
        return back_to("signed")
    return WITHDRAWN


def _was_at_rest(session: Session, last: Rejection) -> bool:
    """Tell whether the study was reopened by `last`, or by one before it that was in force then."""
    for earlier in reversed(rejections_of(session, last.study_id)):
        taken_back = earlier.withdrawal
        was_in_force = earlier.id < last.id and (taken_back is None or taken_back.at > last.at)
        if last.state == "reopened" and was_in_force:
            last = earlier
    return last.state in ("signed", "delivered")


def _note(session: Session, study: Study, last: Rejection) -> str:
    note = unnoted(study.note, *NOTES.values(), IN_PART, OF_NOTHING)
    for word in last.note.split() if _comes_from_quarantine(study, last) else ():
        note = noted(note, word) if word in TORN else note
    if any(one.withdrawal is None for one in rejections_of(session, study.id)):
        note = noted(note, NOTES["images-rejected"])
    return noted(note, WITHDRAWN)


def _comes_from_quarantine(study: Study, last: Rejection) -> bool:
    """One that was rejected whole left the quarantine thereby, and must not slip past it."""
    return last.state == "quarantined" and NOTES["study-rejected"] in study.note.split()


def _before(last: Rejection, rejection: Rejection) -> str:
    """What was written of other images than stand now is not handed over for review as it is."""
    if last.state == "written" and last.id != rejection.id:
        return "drafted"
    return last.state or "arriving"


def _is_reported(session: Session, study: Study) -> bool:
    """Tell whether the last version was signed on what stands now, and nobody has begun to add to it."""
    reports, draft = reports_of(session, study.id), draft_of(session, study.id)
    if not reports or waiting_report(session, study.id) is not None:
        return False
    last = reports[-1]
    stands = canonical_digest(shown_of(session, study).instances)
    same = stands == canonical_digest(last.shown["instances"])
    return same and (draft is None or text_of(draft) == _text(last))


def _text(report: Report) -> ReportText:
    return ReportText(report.findings, report.impression, report.advice)
