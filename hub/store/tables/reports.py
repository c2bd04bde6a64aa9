"""What surrounds a signature: templates, first readings, image quality, and studies put aside."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.image_quality import GRADES
from hub.domain.templates import KINDS
from hub.domain.two_levels import OUTCOMES
from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import User


class ReportTemplate(Base):
    """One change of a template or phrase: the newest version of a slug counts.

    Rows are inserted, never updated.
    """

    __tablename__ = "report_template"
    __table_args__ = (UniqueConstraint("slug", "version"), one_of("kind", KINDS))

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(64))
    shortcut: Mapped[str] = mapped_column(String(16), default="")
    modalities: Mapped[list[str]] = mapped_column(JSON)
    words: Mapped[list[str]] = mapped_column(JSON)
    findings: Mapped[str] = mapped_column(Text, default="")
    impression: Mapped[str] = mapped_column(Text, default="")
    advice: Mapped[str] = mapped_column(Text, default="")
    retired: Mapped[bool] = mapped_column(default=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")


class WrittenReport(Base):
    """What a first reader handed over for review, and what became of it; at most one of a study waits."""

    __tablename__ = "written_report"
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        Index(
            "uq_written_report_waiting", "study_id", unique=True,
            sqlite_where=text("outcome = 'waiting'"), postgresql_where=text("outcome = 'waiting'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    writer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    findings: Mapped[str] = mapped_column(Text)
    impression: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text)
    addendum: Mapped[str] = mapped_column(Text)
    reasons: Mapped[dict[str, str]] = mapped_column(JSON)
    written_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(16), default="waiting")
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    seen_at: Mapped[datetime | None] = mapped_column(Instant)

    writer: Mapped[User] = relationship(lazy="joined", foreign_keys=[writer_id])
    reviewer: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[reviewer_id])


class ImageQuality(Base):
    """How good a study's pictures are, as a reader graded them; the newest row counts."""

    __tablename__ = "image_quality"
    __table_args__ = (one_of("grade", GRADES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    grade: Mapped[str] = mapped_column(String(1))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")


class PutAside(Base):
    """A study that its reader left for a more urgent one and means to come back to."""

    __tablename__ = "put_aside"
    __table_args__ = (UniqueConstraint("user_id", "study_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    at: Mapped[datetime] = mapped_column(Instant)
