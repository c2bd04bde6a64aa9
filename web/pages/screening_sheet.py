"""A page of nine AI-normal ECGs, and its confirmation: each is signed by the doctor who saw it."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.moves import ForbiddenMove
from hub.errors import Changed, HubError, NotYours, Refused
from hub.store.campaigns import campaign_for
from hub.store.claims import Claimed, OtherKind
from hub.store.engine import now
from hub.store.guessed_name import NameGuessed
from hub.store.screening import counts_of, waiting_in
from hub.store.sessions import signing_until
from hub.store.sheets import (
    Card,
    Signer,
    choose_cards,
    confirm_one,
    hand_out,
    must_hand_over,
    need_whole,
    put_back,
    set_apart,
    sheet_for,
)
from hub.store.signing_case import Unanswered
from hub.store.signing_rights import NotSignable
from hub.store.tables import ScreeningSheet, Study, User
from web.access import address, needs, note, person, study_for, the_store
from web.case_json import instant
from web.pages.drafts import body
from web.pages.signing import need_window
from web.patients import sex_words, years_old
from web.refusal_words import told
from web.words import CHECKS, DIFFERENCES, refusal_words

pages = Blueprint("screening_sheet", __name__)

#: More studies than this are on no page.
MOST_NAMED = 50


@pages.get("/screening/<int:campaign_id>/sheet")
@needs("screening")
@needs("read")
def sheet(campaign_id: int) -> str:
    """Hand out the next nine, and show them; what is shown is kept, so that it is what is signed."""
    who = person()
    with the_store().reading() as session:
        campaign = campaign_for(session, who.scope, campaign_id)
        cards = choose_cards(session, who.scope, campaign, who.id)
        counts = counts_of(session, who.scope, campaign)
    row = None
    if cards:
        with the_store().writing() as session:
            row = hand_out(session, campaign, session.get_one(User, who.id), cards)
    over = [must_hand_over(card.study, who.login.user) for card in cards]
    note("view", f"campaign:{campaign_id}", detail=f"sheet {row.id if row else ''} {_listed(cards)}".strip())
    return render_template(
        "screening_sheet.html", campaign=campaign, cards=list(zip(cards, over, strict=True)), sheet=row,
        counts=counts, age=years_old, sex=sex_words, signs=not all(over), open_until=_open_until(cards),
    )  # fmt: skip


@pages.get("/screening/<int:campaign_id>/single")
@needs("screening")
def single(campaign_id: int) -> Response:
    """Lead to the first study that is read singly; the reading page goes on from there."""
    who = person()
    with the_store().reading() as session:
        campaign = campaign_for(session, who.scope, campaign_id)
        line = waiting_in(session, who.scope, campaign, "single")
    note("search", f"campaign:{campaign_id}", detail="single")
    if line:
        return redirect(f"/studies/{line[0].id}?campaign={campaign_id}", 303)
    flash(_("没有等待逐份阅读的心电图。"), "info")
    return redirect(f"/screening/{campaign_id}", 303)


@pages.post("/screening/<int:campaign_id>/sheets/<int:sheet_id>/apart")
@needs("screening")
@needs("read")
def apart(campaign_id: int, sheet_id: int) -> dict[str, Any]:
    """Take one study out of the page, or put it back."""
    with the_store().writing() as session:
        page, who, sent = _sheet(session, campaign_id, sheet_id), person(), body()
        number, out = sent.get("study"), sent.get("out")
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(out, bool):
            abort(400)
        user = session.get_one(User, who.id)
        act = set_apart if out else put_back
        act(session, page, study_for(session, number), (user, address()))
    return {"study": number, "out": out}


@pages.post("/screening/<int:campaign_id>/sheets/<int:sheet_id>/confirm")
@needs("screening")
@needs("read")
def confirm(campaign_id: int, sheet_id: int) -> ResponseReturnValue:
    """Sign, or hand over, each study of the page as it was shown; one that fails does not stop the others."""
    with the_store().reading() as session:
        page, who, sent = _sheet(session, campaign_id, sheet_id), person(), body()
        wanted, seen = _numbers(sent.get("studies")), _numbers(sent.get("seen"))
        studies = [_mine(session, one) for one in wanted]
        try:
            need_whole(session, page, wanted, seen)
        except Refused as refusal:
            note("screen", f"campaign:{campaign_id}", "refused", detail=f"sheet:{sheet_id}")
            return {"error": "refused", "message": told(refusal)}, 422
    mine = [one for one in studies if one is not None]
    minutes = [one.site.signing_minutes for one in mine if not must_hand_over(one, who.login.user)]
    refused = need_window(min(minutes), sent.get("password")) if minutes else None
    if refused is not None:
        return refused
    results = [_confirmed(page, one) for one in wanted]
    _note_done(page)
    done = sum(one.outcome != "refused" for one in results)
    if done == len(results) and results:
        flash(_("已确认 %(n)d 份心电图。", n=done), "ok")
    return {"results": [vars(one) for one in results]}


@dataclass(frozen=True)
class Result:
    """What became of one study of a page; `said` is why it was refused."""

    study: int
    outcome: str
    said: str = ""


def _confirmed(page: ScreeningSheet, study_id: int) -> Result:
    who = person()
    try:
        outcome = confirm_one(the_store(), page, study_id, Signer(who.id, who.scope, address()))
    except (HubError, ForbiddenMove) as error:
        note("screen", f"study:{study_id}", "refused", detail=f"sheet:{page.id} {type(error).__name__}")
        if isinstance(error, Unanswered | NameGuessed):
            _apart_after(page, study_id)
        return Result(study_id, "refused", _why(error))
    return Result(study_id, outcome)


def _apart_after(page: ScreeningSheet, study_id: int) -> None:
    """What a check holds up would come back on every page: it is read singly."""
    with the_store().writing() as session:
        user = session.get_one(User, person().id)
        set_apart(session, page, study_for(session, study_id), (user, address()), "concerns")


def _why(error: Exception) -> str:
    """Say in the page's words why one study was not confirmed."""
    if isinstance(error, Changed):
        return "、".join(str(DIFFERENCES.get(key, key)) for key in error.differences)
    if isinstance(error, Unanswered):
        return "；".join(f"{CHECKS.get(one.key, one.key)}：{one.said}" for one in error.concerns)
    if isinstance(error, Claimed):
        return _("%(name)s 正在阅片。", name=error.by)
    if isinstance(error, NotSignable):
        return refusal_words(error.key, str(error))
    if isinstance(error, OtherKind):
        return refusal_words("other-kind")
    if isinstance(error, NameGuessed):
        return _("姓名为推测，尚未核对")
    if isinstance(error, NotYours):
        return _("没有这个页面或检查。")
    return told(error) if isinstance(error, Refused) else _("检查状态已改变，请刷新。")


def _note_done(page: ScreeningSheet) -> None:
    with the_store().writing(quietly=True) as session:
        session.get_one(ScreeningSheet, page.id).confirmed_at = now()


def _mine(session: Session, study_id: int) -> Study | None:
    """Return a study that the person may see, or None."""
    try:
        return study_for(session, study_id)
    except NotYours:
        return None


def _sheet(session: Session, campaign_id: int, sheet_id: int) -> ScreeningSheet:
    who = person()
    return sheet_for(session, campaign_for(session, who.scope, campaign_id), sheet_id, who.id)


def _numbers(sent: object) -> list[int]:
    if not isinstance(sent, list) or len(sent) > MOST_NAMED:
        abort(400)
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in sent):
        abort(400)
    return list(dict.fromkeys(sent))


def _open_until(cards: list[Card]) -> str | None:
    """Return until when the page needs no password."""
    minutes = min((card.study.site.signing_minutes for card in cards), default=0)
    return instant(signing_until(person().login, minutes))


def _listed(cards: list[Card]) -> str:
    return ",".join(str(card.study.id) for card in cards)
