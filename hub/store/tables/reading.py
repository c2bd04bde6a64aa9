"""Claims, drafts and signed reports. A signed report is inserted, never updated."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import User


class Claim(Base):
    """Who is reading a study just now; at most one."""

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    since: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")


class Draft(Base):
    """The unsigned text of a study; `version` counts saves and guards against overwriting."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column(default=0)
    findings: Mapped[str] = mapped_column(Text, default="")
    impression: Mapped[str] = mapped_column(Text, default="")
    advice: Mapped[str] = mapped_column(Text, default="")
    addendum: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")


class Report(Base):
    """One signed version. `shown` is what its signature is bound to, `digest` names its content.

    `author` is the first reader where another doctor signed; `reasons` is why a check was overridden.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("study_id", "version"),
        one_of("kind", ("report", "addendum")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    findings: Mapped[str] = mapped_column(Text)
    impression: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text)
    addendum: Mapped[str] = mapped_column(Text, default="")
    signer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    signer_name: Mapped[str] = mapped_column(String(64))
    signer_licence: Mapped[str] = mapped_column(String(32), default="")
    signed_at: Mapped[datetime] = mapped_column(Instant)
    shown: Mapped[dict[str, object]] = mapped_column(JSON)
    shown_digest: Mapped[str] = mapped_column(String(64))
    suggestion: Mapped[dict[str, str] | None] = mapped_column(JSON)
    author_id: Mapped[int | None] = mapped_column()
    author_name: Mapped[str] = mapped_column(String(64), default="", server_default="")
    author_licence: Mapped[str] = mapped_column(String(32), default="", server_default="")
    reasons: Mapped[dict[str, str] | None] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    sr_uid: Mapped[str] = mapped_column(String(64), unique=True)
    pdf_uid: Mapped[str] = mapped_column(String(64), unique=True)


class ReportOpening(Base):
    """Somebody at the township opened a report; the first opening per person is proof."""

    __tablename__ = "report_opening"
    __table_args__ = (UniqueConstraint("report_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")
