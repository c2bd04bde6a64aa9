"""Pages of nine AI-normal ECGs: handed out to one doctor, and confirmed study by study as they were shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hub.domain.finding import reading_from
from hub.domain.report import ReportText
from hub.domain.scope import Scope
from hub.domain.screening import BLOCK, SHEET, is_drawn
from hub.domain.suggestion import suggestion
from hub.domain.two_levels import why_not_alone
from hub.errors import Changed, NotYours, Refused
from hub.store import audit
from hub.store.ai_normal import ai_normal
from hub.store.campaigns import in_cohort
from hub.store.cases import locked_case, pre_reads_of
from hub.store.engine import Store, now
from hub.store.reviews import write_within
from hub.store.screening import waiting_in
from hub.store.signing import Wish, shown_of, sign_within, token_of
from hub.store.signing_case import Beside
from hub.store.tables import Campaign, Claim, Screened, ScreeningSheet, Study, User

#: So long a page that was handed out keeps its studies from other doctors' pages.
HOLD_MINUTES = 15
#: What answers the question about a text that is the models' word for word.
SEEN = "筛查页中逐份看过波形后确认"
#: A user, and from which address.
Who = tuple[User, str]


@dataclass(frozen=True)
class Card:
    """One ECG of a page: the study, the token of what is shown, the text to be signed, what was measured."""

    study: Study
    token: str
    text: ReportText
    source: str
    values: dict[str, float]


@dataclass(frozen=True)
class Signer:
    """Who confirms, from which address."""

    user_id: int
    scope: Scope
    address: str = ""


def choose_cards(session: Session, scope: Scope, campaign: Campaign, user_id: int) -> list[Card]:
    """Return the next cards for a doctor: what waits, is in nobody's hands and on nobody else's page."""
    if campaign.closed_at is not None:
        return []
    held = set(session.scalars(select(Claim.study_id).where(Claim.user_id != user_id)))
    held |= _on_other_pages(session, campaign, user_id)
    waiting = waiting_in(session, scope, campaign, "normal")
    chosen = [study for study in waiting if study.id not in held][:SHEET]
    return [card for card in (_card(session, study) for study in chosen) if card is not None]


def hand_out(session: Session, campaign: Campaign, user: User, cards: Collection[Card]) -> ScreeningSheet:
    """Keep what one page shows one doctor."""
    sheet = ScreeningSheet(
        campaign_id=campaign.id, user_id=user.id, handed_at=now(),
        studies=[
            {"study": one.study.id, "token": one.token, "source": one.source,
             "findings": one.text.findings, "impression": one.text.impression}
            for one in cards
        ],
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    return sheet


def sheet_for(session: Session, campaign: Campaign, sheet_id: int, user_id: int) -> ScreeningSheet:
    """Return a page that was handed out to this person. Raises NotYours for anybody else's."""
    sheet = session.get(ScreeningSheet, sheet_id)
    if sheet is None or sheet.campaign_id != campaign.id or sheet.user_id != user_id:
        raise NotYours(f"sheet:{sheet_id}")
    return sheet


def studies_of(sheet: ScreeningSheet) -> list[int]:
    """Return the studies of a page in their order."""
    return [int(str(one["study"])) for one in sheet.studies]


def set_apart(session: Session, sheet: ScreeningSheet, study: Study, who: Who, why: str = "") -> None:
    """Take a study out of its page: it is read singly from now on. Again changes nothing."""
    if study.id not in studies_of(sheet):
        raise NotYours(f"study:{study.id}")
    known = _screened(session, sheet.campaign_id, study.id)
    if known is not None:
        return
    session.add(_row(sheet, study, who[0], why))
    _audit(session, study, who, "set-apart", sheet)


def put_back(session: Session, sheet: ScreeningSheet, study: Study, who: Who) -> None:
    """Take back that a study was set apart, by whoever did it from this page."""
    done = session.execute(
        delete(Screened).where(
            Screened.campaign_id == sheet.campaign_id, Screened.study_id == study.id,
            Screened.sheet_id == sheet.id, Screened.user_id == who[0].id, Screened.kind == "single",
        )
    )  # fmt: skip
    if done.rowcount:  # type: ignore[attr-defined]
        _audit(session, study, who, "put-back", sheet)


def need_whole(
    session: Session, sheet: ScreeningSheet, wanted: Collection[int], seen: Collection[int]
) -> None:
    """Raise Refused unless `wanted` is all that was handed out but what was taken out, and was seen."""
    apart = session.scalars(
        select(Screened.study_id).where(
            Screened.sheet_id == sheet.id, Screened.kind == "single",
        )
    )  # fmt: skip
    if set(wanted) != set(studies_of(sheet)) - set(apart):
        raise Refused("a page is confirmed as it was handed out, but for what was taken out of it")
    if not set(wanted) <= set(seen):
        raise Refused("a page is confirmed after each ECG on it has been in view")


def confirm_one(store: Store, sheet: ScreeningSheet, study_id: int, signer: Signer) -> str:
    """Sign one study of a page as it was shown, or hand it over: "signed", "handed-over" or "again".

    In one transaction with it stands that it was confirmed, and whether it is drawn for blind re-reading.
    Raises what `sign` raises, and Changed for one that may stand on such a page no more; nothing was written.
    """
    with store.writing() as session:
        campaign = _locked(session, sheet.campaign_id)
        study = locked_case(session, signer.scope, study_id)
        user = session.get_one(User, signer.user_id)
        known = _screened(session, campaign.id, study.id)
        if known is not None and known.kind == "batch" and known.sheet_id == sheet.id:
            return "again"
        allowed = campaign.closed_at is None and study.id in ai_normal(
            session, in_cohort(signer.scope, campaign) & (Study.id == study.id)
        )
        over = must_hand_over(study, user)
        wish = _wish(sheet, study_id, signer)
        (write_within if over else sign_within)(session, wish)
        if not allowed:
            raise Changed(("page",))
        row = _row(sheet, study, user)
        row.kind = "batch"
        row.drawn = _draw(session, campaign)
        session.add(row)
        _audit(session, study, (user, signer.address), "confirmed", sheet)
        return "handed-over" if over else "signed"


def must_hand_over(study: Study, user: User) -> bool:
    """Tell whether this doctor's confirmation goes to review: by title, or because the site wants two."""
    return not user.signs or bool(why_not_alone(user.id, None, study.site.one_doctor))


def _card(session: Session, study: Study) -> Card | None:
    token = token_of(shown_of(session, study))
    ((_uid, row),) = pre_reads_of(session, study.id)
    reading = reading_from(row.reading)
    suggested = suggestion([reading])
    if suggested is None:
        return None
    values = {one.name: one.value for one in reading.measurements if one.value is not None}
    return Card(study, token, suggested.text, suggested.source, values)


def _wish(sheet: ScreeningSheet, study_id: int, signer: Signer) -> Wish:
    shown = next(one for one in sheet.studies if one["study"] == study_id)
    text = ReportText(str(shown["findings"]), str(shown["impression"]))
    suggested = {"findings": text.findings, "impression": text.impression, "advice": "",
                 "source": str(shown["source"])}  # fmt: skip
    return Wish(
        signer.user_id, signer.scope, study_id, str(shown["token"]), text, signer.address, suggested,
        beside=Beside({"untouched": SEEN}),
    )  # fmt: skip


def _draw(session: Session, campaign: Campaign) -> bool:
    """Draw by the system's own randomness; the campaign's row is locked, so that two confirm one by one."""
    confirmed = (Screened.campaign_id == campaign.id) & (Screened.kind == "batch")
    before = session.scalar(select(func.count()).where(confirmed)) or 0
    newest = select(Screened.drawn).where(confirmed).order_by(Screened.id.desc()).limit(before % BLOCK)
    drawn = sum(session.scalars(newest)) if before % BLOCK else 0
    return is_drawn(campaign.re_read_percent, before % BLOCK, drawn, SystemRandom().randrange)


def _on_other_pages(session: Session, campaign: Campaign, user_id: int) -> set[int]:
    pages = session.scalars(
        select(ScreeningSheet).where(
            ScreeningSheet.campaign_id == campaign.id, ScreeningSheet.user_id != user_id,
            ScreeningSheet.confirmed_at.is_(None),
            ScreeningSheet.handed_at > now() - timedelta(minutes=HOLD_MINUTES),
        )
    )  # fmt: skip
    return {study for page in pages for study in studies_of(page)}


def _locked(session: Session, campaign_id: int) -> Campaign:
    asked = select(Campaign).where(Campaign.id == campaign_id)
    return session.scalars(asked.with_for_update(of=Campaign)).one()


def _screened(session: Session, campaign_id: int, study_id: int) -> Screened | None:
    asked = select(Screened).where(Screened.campaign_id == campaign_id, Screened.study_id == study_id)
    return session.scalar(asked)


def _row(sheet: ScreeningSheet, study: Study, user: User, why: str = "") -> Screened:
    return Screened(
        campaign_id=sheet.campaign_id, study_id=study.id, site_id=study.site_id, kind="single", user=user,
        at=now(), sheet_id=sheet.id, why=why, drawn=False, statement="",
    )  # fmt: skip


def _audit(session: Session, study: Study, who: Who, outcome: str, sheet: ScreeningSheet) -> None:
    user, address = who
    said = {"site": study.site.name, "detail": f"campaign:{sheet.campaign_id} sheet:{sheet.id}"}
    person = {"actor": user.username, "role": user.role, "address": address}
    audit.append(session, audit.entry("screen", f"study:{study.id}", outcome, **said, **person))
