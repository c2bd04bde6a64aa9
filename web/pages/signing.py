"""Signing a report: the password's window, the signature, and what is said when it is refused."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.domain.moves import ForbiddenMove
from hub.errors import Changed
from hub.store import sessions
from hub.store.cases import whole_case
from hub.store.guessed_name import NameGuessed
from hub.store.signing import PARTS, NotSignable, Wish, open_addendum, sign
from hub.store.signing_case import Beside, Unanswered
from hub.store.tables import Study, User
from web.access import address, needs, note, person, study_for, the_store
from web.case_json import suggestion_json
from web.following import following
from web.pages.drafts import body, text_of
from web.pages.login import LONGEST_PASSWORD, check_password
from web.text import clean
from web.words import CHECKS, DIFFERENCES, refusal_words

pages = Blueprint("signing", __name__)

#: As many characters as a patient's name has room for.
LONGEST_NAME = 324
#: Marks of one study that a page sends, and the longest that is a mark on a body, in mm.
MOST_LESIONS, LONGEST_LESION = 50, 3000


@dataclass(frozen=True)
class Asked:
    """What was known of the study when the signature was asked for."""

    study: Study
    suggestion: dict[str, str] | None


@pages.post("/studies/<int:study_id>/sign")
@needs("sign")
def sign_report(study_id: int) -> ResponseReturnValue:
    """Sign the text that was sent, if everything is still as the page showed it."""
    sent, who = body(), person()
    asked = _asked(study_id)
    refusal = need_window(asked.study.site.signing_minutes, sent.get("password"))
    if refusal is not None:
        return refusal
    signed = sign(the_store(), wish_of(study_id, sent, asked.suggestion))
    with the_store().reading() as session:
        return {"version": signed.version, "next": following(session, who, asked.study)}


def wish_of(study_id: int, sent: dict[str, Any], suggested: dict[str, str] | None) -> Wish:
    """Return what was sent as a wish to sign, or to hand over for review."""
    who, token = person(), str(sent.get("shown", ""))[:512]
    confirmed = str(sent.get("confirmedName", ""))[:LONGEST_NAME]
    text, beside = text_of(sent), beside_of(sent)
    return Wish(who.id, who.scope, study_id, token, text, address(), suggested, confirmed, beside)


def beside_of(sent: dict[str, Any]) -> Beside:
    """Return the reasons and measured lengths that were sent; what is none of them is left out."""
    reasons, lesions = sent.get("reasons"), sent.get("lesions")
    said = reasons.items() if isinstance(reasons, dict) else ()
    given = {str(key)[:32]: clean(reason) for key, reason in said if isinstance(reason, str)}
    lengths = lesions[:MOST_LESIONS] if isinstance(lesions, list) else []
    known = tuple(float(one) for one in lengths if isinstance(one, int | float) and 0 < one < LONGEST_LESION)
    return Beside(given, known)


@pages.post("/studies/<int:study_id>/addendum")
@needs("sign")
def addendum(study_id: int) -> dict[str, str]:
    """Open a signed report for an addendum."""
    who = person()
    with the_store().writing() as session:
        study_for(session, study_id)
        study = open_addendum(session, who.scope, study_id, session.get_one(User, who.id))
    return {"state": study.state}


@pages.app_errorhandler(Changed)
def changed(error: Changed) -> tuple[dict[str, Any], int]:
    """Name what changed since the page was loaded; nothing was signed."""
    _note_refusal("changed " + " ".join(error.differences))
    named = [str(DIFFERENCES.get(key, key)) for key in error.differences]
    # The page has its own words for the parts of what it showed; for anything else it takes ours.
    told = [key if key in PARTS else words for key, words in zip(error.differences, named, strict=True)]
    message = _("签名未完成：%(what)s。请核对后重新签名。", what="、".join(named))
    return {"error": "changed", "differences": told, "message": message}, 409


@pages.app_errorhandler(NameGuessed)
def name_guessed(error: NameGuessed) -> tuple[dict[str, Any], int]:
    """Ask whether the guessed name is right; nothing was signed."""
    _note_refusal("name-guessed")
    message = _(
        "患者姓名「%(name)s」由错误的字符集推测而来，尚未核对。请与申请单核对后确认。", name=error.name
    )
    return {"error": "name-guessed", "name": error.name, "message": message}, 409


@pages.app_errorhandler(Unanswered)
def unanswered(error: Unanswered) -> tuple[dict[str, Any], int]:
    """Name what the checks found; a reason for each lets the signature through."""
    _note_refusal("concerns " + " ".join(one.key for one in error.concerns))
    found = [
        {"key": one.key, "title": str(CHECKS.get(one.key, one.key)), "said": one.said}
        for one in error.concerns
    ]
    return {"error": "concerns", "concerns": found, "message": _("签名前请核对以下各项。")}, 409


@pages.app_errorhandler(NotSignable)
def not_signable(error: NotSignable) -> tuple[dict[str, Any], int]:
    """Say why the report cannot be signed."""
    _note_refusal(error.key)
    return {"error": error.key, "message": refusal_words(error.key, str(error))}, 422


@pages.app_errorhandler(ForbiddenMove)
def forbidden_move(_error: ForbiddenMove) -> tuple[dict[str, Any], int]:
    """Somebody else moved the study first."""
    _note_refusal("moved")
    return {"error": "changed", "differences": ["page"], "message": _("检查状态已改变，请刷新。")}, 409


def _asked(study_id: int) -> Asked:
    with the_store().reading() as session:
        study = study_for(session, study_id)
        return Asked(study, suggestion_json(whole_case(session, person().scope, study)))


def need_window(minutes: int, password: object) -> ResponseReturnValue | None:
    """Return None when the window for signing is open or the password opens it, else the refusal.

    `minutes` is how long the site lets a window stay open.
    """
    who = person()
    if not isinstance(password, str) or not password:
        with the_store().writing() as session:
            if sessions.prolong_signing(session, who.login, minutes) is not None:
                return None
        return {"error": "password", "message": _("请输入密码以签名。")}, 401
    attempt = check_password(who.username, clean(password[:LONGEST_PASSWORD]), act="sign-password")
    if attempt.user is None:
        said = _("尝试次数过多，请稍候再试。") if attempt.wait else _("密码不正确。")
        return {"error": "password", "message": said}, 401
    with the_store().writing() as session:
        sessions.open_signing(session, who.login.id, minutes)
    return None


def _note_refusal(detail: str) -> None:
    study_id = (request.view_args or {}).get("study_id", "")
    note("sign", f"study:{study_id}", "refused", detail=detail)
