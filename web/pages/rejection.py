"""Rejecting instances or a study, correcting an identity, taking that back: by a person, with a reason."""

from collections.abc import Sequence
from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from dicom.facts import kind_of
from hub.domain.rejection import (
    FIELDS,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_WORDS,
    MAY_BE_UNKNOWN,
    REASONS,
    Identity,
)
from hub.errors import NotYours, Refused
from hub.store.cases import SeriesPart, reports_of, series_of
from hub.store.moves import can_move
from hub.store.rejections import Wish, correct, correction_of, held_identity, reject, rejections_of
from hub.store.tables import Rejection, Study, User
from hub.store.withdrawals import Second, told_of, withdraw
from web.access import address, needs, note, person, study_for, the_store
from web.patients import day_of, years_old
from web.refusal_words import told
from web.text import clean
from web.words import SEXES

pages = Blueprint("rejection", __name__)

#: The form's word for a sex or a birth date that nobody knows.
UNKNOWN = "unknown"
#: Characters that the fields of both forms take.
LONGEST = {"patient_id": LONGEST_ID, "name": LONGEST_NAME, "words": LONGEST_WORDS}


@pages.get("/studies/<int:study_id>/rejection")
@needs("reject")
def show(study_id: int) -> str:
    """Show what of a study stands, what was rejected of it, and the two forms."""
    page = _page(study_id)
    note("view", f"study:{study_id}", detail="rejection")
    return page


@pages.post("/studies/<int:study_id>/rejection")
@needs("reject")
def rejected(study_id: int) -> Response | tuple[str, int]:
    """Reject the instances that are ticked, or the whole study."""
    instances = tuple(request.form.getlist("instance")) if request.form.get("what") != "study" else ()
    if request.form.get("what") != "study" and not instances:
        return _page(study_id, _("请选择要拒收的图像。")), 422
    try:
        with the_store().writing() as session:
            _own(session, study_id)
            reject(
                session, person().scope, study_id, _wish(session, request.form.get("reason", ""), instances)
            )
    except Refused as refusal:
        return _page(study_id, told(refusal)), 422
    flash(_("已拒收；原始图像仍然保留，打开此检查的医生会看到提示。"), "ok")
    return redirect(f"/studies/{study_id}/rejection", 303)


@pages.post("/studies/<int:study_id>/identity")
@needs("reject")
def corrected(study_id: int) -> Response | tuple[str, int]:
    """Have the study copied under the identity that the form says; the original is rejected."""
    try:
        with the_store().writing() as session:
            _own(session, study_id)
            correct(session, person().scope, study_id, _wish(session, "patient", ()), _identity_said())
    except Refused as refusal:
        return _page(study_id, told(refusal)), 422
    flash(_("已更正：新的检查稍后出现在工作列表；原检查已拒收并保留。"), "ok")
    return redirect(f"/studies/{study_id}/rejection", 303)


@pages.post("/rejections/<int:rejection_id>/withdrawal")
@needs("reject")
def withdrawn(rejection_id: int) -> Response | tuple[str, int]:
    """Take a rejection back, which was a mistake."""
    who = person()
    study_id = _study_of(rejection_id)
    try:
        with the_store().writing() as session:
            second = Second(session.get_one(User, who.id), clean(request.form.get("words", "")), address())
            withdraw(session, who.scope, rejection_id, second)
    except Refused as refusal:
        return _page(study_id, told(refusal)), 422
    flash(_("已撤回拒收；图像重新显示，检查回到原来的列表。拒收记录仍然保留。"), "ok")
    return redirect(f"/studies/{study_id}/rejection", 303)


def _study_of(rejection_id: int) -> int:
    """Return the study of a rejection at the person's own sites. Raises NotYours."""
    with the_store().reading() as session:
        rejection = session.get(Rejection, rejection_id)
        if rejection is None or not person().scope.covers(rejection.site_id):
            raise NotYours(f"rejection:{rejection_id}")
        return rejection.study_id


def _identity_said() -> Identity:
    """Return what the form says; `unknown` is a choice of its own, a blank field leaves what is held."""
    said = {name: clean(request.form.get(name, "")).strip() for name in FIELDS}
    if request.form.get("birth_date_is") == UNKNOWN:
        said["birth_date"] = UNKNOWN
    unknown = tuple(name for name in MAY_BE_UNKNOWN if said[name] == UNKNOWN)
    said |= dict.fromkeys(unknown, "")
    return Identity(**said | {"birth_date": said["birth_date"].replace("-", "")}, unknown=unknown)


def _own(session: Session, study_id: int) -> Study:
    """Return a study of the person's own sites, set apart or not. Raises NotYours."""
    study = study_for(session, study_id)
    if not person().scope.covers(study.site_id):
        raise NotYours(f"study:{study_id}")
    return study


def _wish(session: Session, reason: str, instances: tuple[str, ...]) -> Wish:
    user = session.get_one(User, person().id)
    return Wish(user, reason, clean(request.form.get("words", "")), instances, address())


def _page(study_id: int, error: str = "") -> str:
    with the_store().reading() as session:
        study = _shown(session, study_id)
        series, past = series_of(session, study_id), rejections_of(session, study_id)
        reported, told_to = bool(reports_of(session, study_id)), told_of(session, past)
    form, held = request.form, held_identity(study)
    return render_template(
        "rejection.html", study=study, series=series, past=past, error=error, said=form, day=day_of,
        reported=reported, told_to=told_to, rejectable=_stands(study, series),
        kind_of=lambda one: kind_of(one.sop_class_uid, one.rows),
        age=years_old, reasons=REASONS, ticked=form.getlist("instance"), longest=LONGEST, held=held,
        filled=form if "patient_id" in form else asdict(held) | {"birth_date": day_of(held.birth_date)},
        corrections={one.id: correction_of(one, study) for one in past}, value_words=_value_words,
    )  # fmt: skip


def _stands(study: Study, series: Sequence[SeriesPart]) -> bool:
    """Tell whether there is anything left that may be rejected or corrected."""
    return can_move(study, "study-rejected") and any(part.instances for part in series)


def _value_words(field: str, value: str) -> str:
    """Return a field of an identity in words; an empty one is unknown."""
    words = {"sex": str(SEXES.get(value, value)), "birth_date": day_of(value)}.get(field, value)
    return words or _("未知")


def _shown(session: Session, study_id: int) -> Study:
    """A person who has just rejected a study may still see that, though it has left the worklist."""
    study = session.get(Study, study_id)
    if study is None or not person().scope.covers(study.site_id):
        raise NotYours(f"study:{study_id}")
    return study
