"""Rejecting instances and studies, and correcting an identity: by a named person, with a reason."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.person_name import full_name
from hub.domain.rejection import Change, Identity, changes, check_identity, check_reason, check_words
from hub.domain.scope import Scope
from hub.domain.study import REPORTED, noted, unnoted
from hub.domain.uid import new_uid
from hub.errors import Refused
from hub.store import audit
from hub.store.cases import locked_case
from hub.store.engine import now
from hub.store.errands import write_errand
from hub.store.identity import has_report, release
from hub.store.moves import can_move, move_study
from hub.store.tables import Instance, Rejection, Study, User

TELL, CORRECT = "write-rejection", "correct-identity"
#: What the study's note says, so that who opens or holds it is warned.
NOTES = {"images-rejected": "images-rejected", "study-rejected": "study-rejected"}
#: And where some or all of its images are damaged and could not be copied under the corrected identity.
IN_PART, OF_NOTHING = "correction-in-part", "correction-of-nothing"


@dataclass(frozen=True)
class Wish:
    """Who rejects what and why: these instances, or the whole study where none is named."""

    user: User
    reason: str
    words: str
    instances: tuple[str, ...] = ()
    address: str = ""


def reject(session: Session, scope: Scope, study_id: int, wish: Wish) -> Rejection:
    """Reject instances of a study. Nothing is deleted; peers are told no more of them, readers are warned.

    A study that is rejected whole leaves the worklist, unless it carries a signed report: that is opened
    again, for an addendum. Raises NotYours and Refused; then nothing was written.
    """
    check_reason(wish.reason, wish.words)
    study = locked_case(session, scope, study_id)
    return _reject(session, study, wish, None)


def correct(session: Session, scope: Scope, study_id: int, wish: Wish, identity: Identity) -> Rejection:
    """Reject a whole study for patient safety and have it copied under `identity`, as a study of its own.

    The originals stay as they were received. Raises NotYours and Refused; then nothing was written.
    """
    check_words(wish.words)
    check_identity(identity)
    study = locked_case(session, scope, study_id)
    if not changes(held_identity(study), identity) and study.state != "quarantined":
        raise Refused("this identity is held already")
    whole = Wish(wish.user, "patient", wish.words, (), wish.address)
    rejection = _reject(session, study, whole, identity)
    write_errand(session, CORRECT, rejection.id)
    return rejection


def rejections_of(session: Session, study_id: int) -> Sequence[Rejection]:
    """Return what was rejected of a study, oldest first."""
    return session.scalars(
        select(Rejection).where(Rejection.study_id == study_id).order_by(Rejection.id)
    ).all()


def held_identity(study: Study) -> Identity:
    """Return whom a study is held to be of, the name with all its component groups."""
    held = study.patient
    return Identity(held.patient_id or "", full_name(held.name, held.name_raw), held.sex, held.birth_date)


def correction_of(rejection: Rejection, study: Study) -> tuple[Change, ...]:
    """Return what a rejection corrected in its study's identity; nothing where it was no correction."""
    return changes(held_identity(study), identity_said(rejection)) if rejection.identity else ()


def identity_said(rejection: Rejection) -> Identity:
    """Return whom a correction said that its study is of."""
    return Identity(**{name: value for name, value in rejection.identity.items() if name != "study_uid"})


def standing_instances(session: Session, study_id: int) -> list[str]:
    """Return the SOP Instance UIDs of a study that nobody has rejected."""
    asked = select(Instance.sop_instance_uid).where(Instance.study_id == study_id, ~Instance.rejected)
    return list(session.scalars(asked.order_by(Instance.id)))


def mark_rejected(session: Session, study_id: int, uids: Sequence[str]) -> None:
    """Mark instances of a study as rejected."""
    _mark(session, study_id, uids, True)


def mark_standing(session: Session, study_id: int, uids: Sequence[str]) -> None:
    """Mark instances of a study as rejected no more."""
    _mark(session, study_id, uids, False)


def _mark(session: Session, study_id: int, uids: Sequence[str], rejected: bool) -> None:
    """Some hundreds in a statement."""
    for start in range(0, len(uids), 500):
        session.execute(
            update(Instance)
            .where(Instance.study_id == study_id, Instance.sop_instance_uid.in_(uids[start : start + 500]))
            .values(rejected=rejected)
        )


def _reject(session: Session, study: Study, wish: Wish, identity: Identity | None) -> Rejection:
    standing = standing_instances(session, study.id)
    chosen = [uid for uid in standing if uid in set(wish.instances)] if wish.instances else standing
    if not chosen or len(chosen) < len(set(wish.instances)):
        raise Refused("there is nothing to reject: it was rejected before, or is no part of this study")
    event = "study-rejected" if len(chosen) == len(standing) else "images-rejected"
    if not can_move(study, event):
        raise Refused("a study that is %(state)s is not rejected", state=study.state)
    told = asdict(identity) | {"study_uid": new_uid()} if identity else {}
    rejection = Rejection(
        study_id=study.id, site_id=study.site_id, user=wish.user, reason=wish.reason,
        words=wish.words.strip(), instances=chosen, identity=told, ko_uid=new_uid(), at=now(),
        state=study.state, note=study.note,
    )  # fmt: skip
    session.add(rejection)
    mark_rejected(session, study.id, chosen)
    reported = study.state in REPORTED or has_report(session, study.id)
    if event == "study-rejected" and study.state == "quarantined":
        release(session, study)
    study.note = noted(unnoted(study.note, *NOTES.values()), NOTES[event])
    move_study(session, study, event)
    session.flush()
    write_errand(session, TELL, rejection.id)
    who = {"actor": wish.user.username, "role": wish.user.role, "site": study.site.name}
    altered = ", ".join(f"{one.field}: {one.old!r} -> {one.new!r}" for one in correction_of(rejection, study))
    counted = f"{wish.reason}: {len(chosen)} of {len(standing)}"
    said = "; ".join(filter(None, (counted, altered, wish.words.strip())))
    how = "addendum-needed" if reported else event
    act = "correct" if identity else "reject"
    entry = audit.entry(act, f"study:{study.id}", how, detail=said[:500], address=wish.address, **who)
    audit.append(session, entry)
    return rejection
