"""Drafts: the text of a report before it is signed, never silently overwritten."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hub.domain.people import reports_on
from hub.domain.report import ReportText
from hub.domain.scope import Scope
from hub.domain.study import READABLE
from hub.domain.two_levels import may_sign
from hub.errors import HubError, Refused
from hub.store import audit
from hub.store.cases import draft_of, locked_case
from hub.store.claims import OtherKind, need_claim
from hub.store.engine import now
from hub.store.moves import move_study
from hub.store.tables import Draft, Study, User, WrittenReport
from hub.store.written import settle, waiting_report

#: While images still arrive one may write, not sign.
WRITABLE = (*READABLE, "arriving")


@dataclass(frozen=True)
class SavedDraft:
    """A draft as it stands; `by` is its last author's name."""

    version: int
    text: ReportText
    saved_at: datetime
    by: str


class DraftChanged(HubError):
    """Another page saved the draft since this one loaded it; `draft` is what stands there now."""

    def __init__(self, draft: SavedDraft) -> None:
        super().__init__("the draft was changed by another page since this one loaded it")
        self.draft = draft


@dataclass(frozen=True)
class Saving:
    """A text to be saved over version `base` of the draft (0: there is none yet)."""

    text: ReportText
    base: int


def save_draft(session: Session, scope: Scope, study_id: int, user: User, saving: Saving) -> SavedDraft:
    """Save a draft and return it with its new version.

    Saving the same text again over the version before is taken as a repeated request and changes nothing.
    Raises DraftChanged, Claimed, NotYours, OtherKind, and Refused when the study can have no draft now.
    """
    study = locked_case(session, scope, study_id)
    if not reports_on(user.role, study.modality):
        raise OtherKind(f"the role {user.role} writes no reports of {study.modality} studies")
    if study.state not in WRITABLE:
        raise Refused("a study that is %(state)s has no draft", state=study.state)
    need_claim(session, study, user)
    draft = draft_of(session, study.id) or _first(session, study, user)
    if draft.version != saving.base:
        if draft.version == saving.base + 1 and draft.user_id == user.id and text_of(draft) == saving.text:
            return saved(draft)
        raise DraftChanged(saved(draft))
    _note_author(session, study, draft, user)
    write_text(draft, saving.text, user)
    _move(session, study, user)
    session.flush()
    return saved(draft)


def _move(session: Session, study: Study, user: User) -> None:
    """A first reader who writes on takes the report back from review; a reviewer's words leave it there."""
    waiting = waiting_report(session, study.id)
    if waiting is not None and waiting.writer_id == user.id:
        settle(session, waiting, "withdrawn", user)
    elif waiting is not None and not may_sign(user.role, user.title):
        raise Refused("this report waits for review")
    if study.state == "ready" or (study.state == "written" and _is_writer(waiting, user)):
        move_study(session, study, "draft-saved")


def _is_writer(waiting: WrittenReport | None, user: User) -> bool:
    return waiting is None or waiting.writer_id == user.id


def reset_draft(session: Session, study: Study, user: User, text: ReportText) -> Draft:
    """Put `text` into the draft as a new version, so that no page loaded before can save or sign over it."""
    draft = draft_of(session, study.id) or _first(session, study, user)
    write_text(draft, text, user)
    session.flush()
    return draft


def saved(draft: Draft) -> SavedDraft:
    """Return a draft's row as a value, which outlives its transaction."""
    return SavedDraft(draft.version, text_of(draft), draft.saved_at, draft.user.display_name)


def text_of(draft: Draft) -> ReportText:
    """Return a draft's text."""
    return ReportText(draft.findings, draft.impression, draft.advice, draft.addendum)


def write_text(draft: Draft, text: ReportText, user: User) -> None:
    """Set the draft's text, author and instant, and count the version up."""
    draft.findings, draft.impression = text.findings, text.impression
    draft.advice, draft.addendum = text.advice, text.addendum
    draft.version += 1
    draft.user, draft.saved_at = user, now()


def _first(session: Session, study: Study, user: User) -> Draft:
    draft = Draft(
        study_id=study.id, user=user, version=0, findings="", impression="", advice="", addendum="",
        saved_at=now(),
    )  # fmt: skip
    session.add(draft)
    session.flush()
    return draft


def _note_author(session: Session, study: Study, draft: Draft, user: User) -> None:
    """Audit the first save of each author, not every autosave."""
    if draft.version and draft.user_id == user.id:
        return
    who = {"actor": user.username, "role": user.role, "site": study.site.name}
    audit.append(session, audit.entry("draft", f"study:{study.id}", **who))
