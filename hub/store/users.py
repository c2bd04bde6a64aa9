"""Accounts: adding people, checking passwords, slowing down guesses."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.domain.people import ROLES
from hub.domain.scope import Scope
from hub.domain.two_levels import TITLES
from hub.errors import Refused
from hub.store.engine import now
from hub.store.sites import site_named
from hub.store.tables import Guess, LoginSession, User, UserSite
from hub.store.unique import flush_or

SHORTEST_PASSWORD = 10
FAILURES_BEFORE_SLOWING = 5
LONGEST_WAIT_SECONDS = 900

_hasher = PasswordHasher()
#: Checked when the user is unknown, so that an answer takes as long for a wrong name as for a wrong password.
_nobody = _hasher.hash("nobody has this password")


def add_user(
    session: Session, username: str, role: str, password: str, sites: Iterable[str] = (), **more: str
) -> User:
    """Insert an account; `more` may give display_name, licence and title.

    A township account needs at least one site; a county account without any sees all of them.
    """
    named = [site_named(session, name) for name in sites]
    _check(role, password, bool(named))
    taken = Refused("there is already a user '%(name)s'", name=username)
    if session.scalar(select(User).where(User.username == username)):
        raise taken
    user = User(
        username=username, role=role, password_hash=_hasher.hash(password), created_at=now(),
        display_name=more.get("display_name") or username, licence=more.get("licence", ""),
        title=_title(more.get("title", "intermediate")),
        all_sites=not named,
    )  # fmt: skip
    session.add(user)
    flush_or(session, taken)
    session.add_all(UserSite(user_id=user.id, site_id=site.id) for site in named)
    return user


def _title(title: str) -> str:
    if title not in TITLES:
        raise Refused(
            "'%(name)s' is no title; choose one of %(some)s", name=title, some=", ".join(TITLES[1:])
        )
    return title


def _check(role: str, password: str, has_sites: bool) -> None:
    if role not in ROLES:
        raise Refused("'%(name)s' is no role; choose one of %(some)s", name=role, some=", ".join(ROLES))
    if role == "township" and not has_sites:
        raise Refused("a township account needs --site: it sees that site's studies and no others")
    _check_password(password)


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("a password has at least %(least)s characters", least=SHORTEST_PASSWORD)


def set_password(session: Session, user: User, password: str) -> None:
    """Give `user` another password and end every session opened with the old one."""
    _check_password(password)
    user.password_hash = _hasher.hash(password)
    user.failed_logins, user.locked_until = 0, None
    for row in session.scalars(select(LoginSession).where(LoginSession.user_id == user.id)):
        row.ended_at = row.ended_at or now()


def user_named(session: Session, username: str) -> User | None:
    """Return the account called `username`."""
    return session.scalar(select(User).where(User.username == username))


def all_users(session: Session) -> list[User]:
    """Return every account by name."""
    return list(session.scalars(select(User).order_by(User.username)))


def guess_of(session: Session, username: str) -> Guess:
    """Return the count of log-ins under a name that nobody has."""
    digest = sha256(username.encode("utf-8", "replace")).hexdigest()
    guess = session.scalar(select(Guess).where(Guess.name_digest == digest))
    if guess is None:
        guess = Guess(name_digest=digest, failed_logins=0, created_at=now())
        session.add(guess)
        session.flush()
    return guess


def seconds_to_wait(user: User | Guess) -> int:
    """Return for how long log-ins of `user` are not looked at because of wrong passwords."""
    if user.locked_until is None or user.locked_until <= now():
        return 0
    return int((user.locked_until - now()).total_seconds()) + 1


def password_fits(user: User | None, password: str) -> bool:
    """Check a password; takes as long for a user that does not exist."""
    try:
        _hasher.verify(user.password_hash if user else _nobody, password)
    except VerificationError:
        return False
    return user is not None and user.active


def record_attempt(user: User | Guess, succeeded: bool) -> None:
    """Count a wrong password; from the fifth on each doubles the wait, to a quarter of an hour."""
    if succeeded:
        user.failed_logins, user.locked_until = 0, None
        return
    user.failed_logins += 1
    beyond = user.failed_logins - FAILURES_BEFORE_SLOWING
    if beyond >= 0:
        user.locked_until = now() + timedelta(seconds=min(2 ** min(beyond + 1, 10), LONGEST_WAIT_SECONDS))


def scope_of(session: Session, user: User) -> Scope:
    """Return whose data `user` may see."""
    if user.all_sites and user.role != "township":
        return Scope(everywhere=True)
    rows = session.scalars(select(UserSite.site_id).where(UserSite.user_id == user.id))
    return Scope(frozenset(rows))


def set_sites(session: Session, user: User, names: Iterable[str]) -> None:
    """Replace the sites that `user` may see."""
    sites = [site_named(session, name) for name in names]
    if user.role == "township" and not sites:
        raise Refused("a township account needs at least one site")
    session.execute(delete(UserSite).where(UserSite.user_id == user.id))
    session.add_all(UserSite(user_id=user.id, site_id=site.id) for site in sites)
    user.all_sites = not sites
