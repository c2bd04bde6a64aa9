"""Log-ins of browsers: a random token in the cookie, its SHA-256 here, and the window for signing."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.store.engine import now
from hub.store.tables import LoginSession, User
from hub.store.users import scope_of

TOKEN_BYTES = 32
#: A request within this time of the last one is not written down again as activity.
TOUCH_SECONDS = 30
#: Views remembered per log-in; the oldest are forgotten first, which costs an audit row at most.
VIEWS_KEPT = 64


@dataclass(frozen=True)
class Limits:
    """How long a log-in lasts: without activity, and at all."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True)
class Login:
    """A valid log-in as one request sees it."""

    id: int
    user: User
    scope: Scope
    data: dict[str, Any]
    seen_at: datetime
    signing_until: datetime | None

    @property
    def needs_touch(self) -> bool:
        """Tell whether the activity is to be written down."""
        return (now() - self.seen_at).total_seconds() > TOUCH_SECONDS


def open_login(session: Session, user: User, address: str) -> str:
    """Insert a log-in of `user` and return its token, which is kept nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    instant = now()
    session.add(
        LoginSession(
            token_digest=_digest(token), user_id=user.id, address=address[:64],
            created_at=instant, seen_at=instant,
        )
    )  # fmt: skip
    return token


def login_of(session: Session, token: str, limits: Limits) -> Login | None:
    """Return the log-in that `token` names, or None when it is unknown, ended, idle, too old or disabled."""
    row = session.scalar(select(LoginSession).where(LoginSession.token_digest == _digest(token)))
    if row is None or row.user_id is None or not _lasts(row, limits):
        return None
    user = session.get(User, row.user_id)
    if user is None or not user.active:
        return None
    return Login(row.id, user, scope_of(session, user), _data(row), row.seen_at, row.signing_until)


def touch(session: Session, login_id: int) -> None:
    """Write down that somebody is there, and the longest quiet since the window for signing was opened."""
    row = _locked(session, login_id)
    if row is None or row.ended_at is not None:
        return
    data, instant = _data(row), now()
    data["quiet"] = max(float(data.get("quiet", 0)), (instant - row.seen_at).total_seconds())
    row.data, row.seen_at = json.dumps(data), instant


def keep_data(session: Session, login_id: int, changes: Mapping[str, Any]) -> None:
    """Set what `changes` names in the log-in's data; a None removes. Other keys stay as they are."""
    row = _locked(session, login_id)
    if row is not None:
        kept = {**_data(row), **changes}
        row.data = json.dumps({key: value for key, value in kept.items() if value is not None})


def end_login(session: Session, login_id: int) -> None:
    """End one log-in, and with it its window for signing."""
    _end(session, LoginSession.id == login_id)


def end_logins_of(session: Session, user_id: int) -> int:
    """End every log-in of a user; how many there were."""
    return _end(session, LoginSession.user_id == user_id)


def logins_of(session: Session, user_id: int, limits: Limits) -> Sequence[LoginSession]:
    """Return the user's log-ins that still last, newest first."""
    rows = session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id, _open())
        .order_by(LoginSession.seen_at.desc())
    )
    return [row for row in rows if _lasts(row, limits)]


def has_viewed(login: Login, study_id: int, minutes: float) -> bool:
    """Tell whether this log-in was shown a study within `minutes`, as its row was when the request came."""
    views: dict[str, float] = login.data.get("views", {})
    return 0 <= now().timestamp() - views.get(str(study_id), float("-inf")) <= minutes * 60


def first_view(session: Session, login_id: int, study_id: int, minutes: float) -> bool:
    """Remember that this log-in was shown a study; False when that was within `minutes` already."""
    row = _locked(session, login_id)
    if row is None:
        return True
    instant, data = now().timestamp(), _data(row)
    views: dict[str, float] = data.get("views", {})
    known = views.pop(str(study_id), 0.0)
    fresh = instant - known > minutes * 60
    views[str(study_id)] = instant if fresh else known
    data["views"] = dict(list(views.items())[-VIEWS_KEPT:])
    row.data = json.dumps(data)
    return fresh


def signing_until(login: Login, minutes: int) -> datetime | None:
    """Return until when signatures for a site that allows `minutes` of quiet need no password, or None."""
    if login.signing_until is None or float(login.data.get("quiet", 0)) >= minutes * 60:
        return None
    until = min(login.signing_until, login.seen_at + timedelta(minutes=minutes))
    return until if until > now() else None


def open_signing(session: Session, login_id: int, minutes: int) -> datetime | None:
    """Open the window after the password was given; a site with 0 minutes opens none."""
    row = _locked(session, login_id)
    if row is None or row.ended_at is not None or minutes <= 0:
        return None
    row.seen_at = now()
    row.signing_until = row.seen_at + timedelta(minutes=minutes)
    row.data = json.dumps({**_data(row), "quiet": 0})
    return row.signing_until


def prolong_signing(session: Session, login: Login, minutes: int) -> datetime | None:
    """Keep an open window open for another `minutes` of activity; one that is closed stays closed."""
    if signing_until(login, minutes) is None:
        return None
    touch(session, login.id)
    until = now() + timedelta(minutes=minutes)
    still_open = (LoginSession.id == login.id) & LoginSession.signing_until.is_not(None)
    result = session.execute(update(LoginSession).where(still_open, _open()).values(signing_until=until))
    return until if result.rowcount == 1 else None  # type: ignore[attr-defined]


def close_signing(session: Session, login_id: int) -> None:
    """Close the window: the next signature asks for the password."""
    session.execute(update(LoginSession).where(LoginSession.id == login_id).values(signing_until=None))


def _end(session: Session, which: Any) -> int:
    result = session.execute(
        update(LoginSession).where(which, _open()).values(ended_at=now(), signing_until=None, data="{}")
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _open() -> Any:
    return LoginSession.ended_at.is_(None)


def _lasts(row: LoginSession, limits: Limits) -> bool:
    instant = now()
    fresh = row.seen_at + limits.idle > instant and row.created_at + limits.absolute > instant
    return row.ended_at is None and fresh


def _locked(session: Session, login_id: int) -> LoginSession | None:
    return session.get(LoginSession, login_id, with_for_update=True)


def _data(row: LoginSession) -> dict[str, Any]:
    try:
        found = json.loads(row.data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
