"""The session behind the cookie: rows in the database once logged in, a signed cookie before."""

from datetime import timedelta
from typing import Any, cast

from flask import Flask, Request, Response, session
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from itsdangerous import BadSignature
from sqlalchemy.exc import DBAPIError

from hub.settings import Settings
from hub.store import Store
from hub.store.sessions import Limits, Login, keep_data, login_of

COOKIE = "readhub_session"
#: Before the log-in there is nothing to keep but a CSRF token and a language; no row is written for it.
VISIT_COOKIE = "readhub_visit"
VISIT_SECONDS = 24 * 3600
#: Paths that no session is looked up for.
PLAIN_PATHS = ("/static/", "/healthz", "/readyz")


class HubSession(dict[str, Any], SessionMixin):
    """What Flask and its extensions keep between requests, and whose log-in it is."""

    def __init__(
        self, data: dict[str, Any], login: Login | None = None, fault: DBAPIError | None = None
    ) -> None:
        """Start from what was kept; `fault` says why that could not be read."""
        super().__init__(data)
        self.login = login
        self.fault = fault
        self.new_token: str | None = None
        self.forgotten = False
        self.had_cookie = False
        self._before = dict(data)

    @property
    def modified(self) -> bool:  # type: ignore[override]
        """Tell whether there is anything to keep."""
        return bool(self.changes())

    def changes(self) -> dict[str, Any]:
        """Return what is to be set, with None for what was removed."""
        removed = {key: None for key in self._before if key not in self}
        changed = {key: value for key, value in self.items() if self._before.get(key) != value}
        return changed | removed

    def start(self, token: str) -> None:
        """Go over to another log-in: nothing of the old session is carried along."""
        self.clear()
        self.new_token, self.login = token, None

    def forget(self) -> None:
        """Drop everything, and the cookie with it."""
        self.clear()
        self.login, self.forgotten = None, True


def the_session() -> HubSession:
    """Return the session of this request."""
    return cast(HubSession, session)


def limits_of(settings: Settings) -> Limits:
    """Return how long a log-in lasts here."""
    return Limits(
        timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_absolute_hours)
    )


class HubSessions(SessionInterface):
    """Opens and keeps sessions: rows of `login_session` once logged in, a signed cookie before."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Look log-ins up in `store`."""
        self._store = store
        self._limits = limits_of(settings)
        self._secure = settings.behind_https
        self._signed = SecureCookieSessionInterface()

    def open_session(self, app: Flask, request: Request) -> HubSession:
        """Return the session of this request."""
        if request.path.startswith(PLAIN_PATHS):
            return HubSession({})
        token = request.cookies.get(COOKIE, "")
        if token:
            try:
                with self._store.reading() as session:
                    login = login_of(session, token, self._limits)
            except DBAPIError as fault:
                # Raised again once there is a session, without which no error has an answer.
                return HubSession({}, fault=fault)
            if login is not None:
                return HubSession(login.data, login)
        visit = HubSession(self._visit(app, request))
        visit.had_cookie = bool(token)
        return visit

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, and send the cookie where there is a new one."""
        assert isinstance(session, HubSession)
        if session.new_token:
            self._set(response, COOKIE, session.new_token, None)
            response.delete_cookie(VISIT_COOKIE)
        elif session.forgotten:
            response.delete_cookie(COOKIE)
            response.delete_cookie(VISIT_COOKIE)
        elif session.login is not None and session.modified:
            with self._store.writing() as writing:
                keep_data(writing, session.login.id, session.changes())
        elif session.modified:
            self._keep_visit(app, session, response)

    def _visit(self, app: Flask, request: Request) -> dict[str, Any]:
        serializer = self._signed.get_signing_serializer(app)
        text = request.cookies.get(VISIT_COOKIE, "")
        if serializer is None or not text:
            return {}
        try:
            found = serializer.loads(text, max_age=VISIT_SECONDS)
        except BadSignature:
            return {}
        return found if isinstance(found, dict) else {}

    def _keep_visit(self, app: Flask, session: HubSession, response: Response) -> None:
        serializer = self._signed.get_signing_serializer(app)
        assert serializer is not None
        text = serializer.dumps(dict(session))
        self._set(response, VISIT_COOKIE, str(text), VISIT_SECONDS)

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            name, value, max_age=max_age, secure=self._secure, httponly=True, samesite="Lax", path="/"
        )
