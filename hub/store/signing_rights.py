"""Who may sign or write a report just now, and why not."""

from sqlalchemy.orm import Session

from hub.domain.people import may, reports_on
from hub.domain.report import ReportText
from hub.domain.study import READABLE
from hub.domain.two_levels import may_sign, why_not_alone
from hub.errors import Changed, Refused
from hub.store.cases import claim_of
from hub.store.claims import Claimed
from hub.store.tables import Study, User, WrittenReport

LONGEST_TEXT = 20_000


class NotSignable(Refused):
    """The report cannot be signed; `key` names why, for the page's own words."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def need_right_to_sign(user: User, study: Study) -> None:
    """Raise NotSignable unless the account, its title and its role allow a signature here."""
    if not user.active or not may(user.role, "sign"):
        raise NotSignable("no-right", "this account may not sign")
    need_kind(user, study)
    if not may_sign(user.role, user.title):
        raise NotSignable("low-title", f"the title '{user.title}' writes reports and signs none")


def need_kind(user: User, study: Study) -> None:
    """Raise NotSignable when the role reports on no such studies."""
    if not reports_on(user.role, study.modality):
        raise NotSignable("other-kind", f"the role {user.role} signs no reports of {study.modality} studies")


def need_two(study: Study, user: User, written: WrittenReport | None) -> None:
    """Raise NotSignable where the site wants two doctors and there is only one."""
    why = why_not_alone(user.id, written.writer_id if written else None, study.site.one_doctor)
    if why:
        raise NotSignable(why, "this site's reports are written by one doctor and signed by another")


def need_open(session: Session, study: Study, user: User) -> None:
    """Raise unless the study's report can still be worked on, and nobody else does."""
    if study.state in ("signed", "delivered"):
        raise Changed(("signed",))
    if study.state not in READABLE:
        raise NotSignable(study.state, f"a study that is {study.state} cannot be signed")
    held = claim_of(session, study.id)
    if held is not None and held.user_id != user.id:
        raise Claimed(held.user.display_name)


def need_text(text: ReportText, is_addendum: bool) -> None:
    """Raise NotSignable for a text that is no report."""
    if text.is_empty:
        raise NotSignable("no-impression", "a report needs an impression")
    if is_addendum and not text.addendum.strip():
        raise NotSignable("no-addendum", "a further version says in its addendum what it adds or corrects")
    if any(len(part) > LONGEST_TEXT for part in (text.findings, text.impression, text.advice, text.addendum)):
        raise NotSignable("too-long", f"a part of a report has at most {LONGEST_TEXT} characters")
