"""Sites, the people who work for them, and their log-in sessions."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.people import ROLES
from hub.domain.two_levels import may_sign
from hub.store.tables.base import Base, Instant, one_of


class Site(Base):
    """A township: how it calls, from where, and where its reports go."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(64))
    ae_title: Mapped[str] = mapped_column(String(16), unique=True)
    address: Mapped[str | None] = mapped_column(String(64))
    certificate: Mapped[str | None] = mapped_column(String(64))
    return_ae: Mapped[str | None] = mapped_column(String(16))
    return_host: Mapped[str | None] = mapped_column(String(255))
    return_port: Mapped[int | None]
    quiet_factor: Mapped[float] = mapped_column(default=1.0)
    signing_minutes: Mapped[int] = mapped_column(default=15)
    character_set: Mapped[str] = mapped_column(String(16), default="ISO_IR 192")
    wants_availability: Mapped[bool] = mapped_column(default=False)
    reader_first: Mapped[bool] = mapped_column(default=False)
    one_doctor: Mapped[bool] = mapped_column(default=True, server_default=true())
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class User(Base):
    """Somebody who may log in; `all_sites` is for county staff who read for everyone."""

    __tablename__ = "user_account"
    __table_args__ = (one_of("role", ROLES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    licence: Mapped[str] = mapped_column(String(32), default="")
    title: Mapped[str] = mapped_column(String(16), default="intermediate", server_default="intermediate")
    password_hash: Mapped[str] = mapped_column(String(255))
    all_sites: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(8), default="zh")
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def signs(self) -> bool:
        """Tell whether role and title allow signatures."""
        return may_sign(self.role, self.title)


class UserSite(Base):
    """A user may see a site's studies."""

    __tablename__ = "user_site"
    __table_args__ = (UniqueConstraint("user_id", "site_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))


class Guess(Base):
    """Log-ins under a name that nobody has: counted like anybody's, so that names cannot be told apart."""

    __tablename__ = "guess"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_digest: Mapped[str] = mapped_column(String(64), unique=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class LoginSession(Base):
    """One browser's log-in; the cookie holds a random token, the row its SHA-256."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    data: Mapped[str] = mapped_column(default="{}")
    address: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    signing_until: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
