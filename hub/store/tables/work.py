"""What happens later and what came of it: errands, pre-reads, made objects, deliveries, changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.delivery import DELIVERY_STATES
from hub.domain.errand import ERRAND_STATES
from hub.store.tables.base import Base, Instant, one_of


class Errand(Base):
    """One thing to do, named once by `key`; `lease_until` says when a silent worker is given up."""

    __tablename__ = "errand"
    __table_args__ = (
        Index("ix_errand_state_due", "state", "due_at"),
        one_of("state", ERRAND_STATES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(128), unique=True)
    subject_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    due_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    holder: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(255), default="")


class PreRead(Base):
    """What a model said of one instance; at most one reading per instance is in effect."""

    __tablename__ = "pre_read"
    __table_args__ = (
        Index(
            "uq_pre_read_in_effect", "instance_id", unique=True,
            sqlite_where=text("in_effect"), postgresql_where=text("in_effect"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    model: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(32))
    weight_digest: Mapped[str] = mapped_column(String(64))
    assessed: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(64), default="")
    reading: Mapped[dict[str, Any]] = mapped_column(JSON)
    positive: Mapped[bool] = mapped_column(default=False)
    alerts: Mapped[int] = mapped_column(default=0)
    in_effect: Mapped[bool] = mapped_column(default=True)
    late: Mapped[bool] = mapped_column(default=False)
    milliseconds: Mapped[float] = mapped_column(default=0.0)
    sr_uid: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    provider: Mapped[str] = mapped_column(String(32), default="")
    fell_back: Mapped[bool] = mapped_column(default=False)


class MadeObject(Base):
    """A DICOM object the hub made once and keeps: every retry sends these bytes."""

    __tablename__ = "made_object"
    __table_args__ = (
        UniqueConstraint("kind", "report_id"),
        UniqueConstraint("kind", "pre_read_id"),
        UniqueConstraint("kind", "marking_id"),
        UniqueConstraint("kind", "rejection_id"),
        one_of(
            "kind",
            ("report-sr", "report-pdf", "reading-sr", "marks-sr", "key-images", "rejection-note"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    pre_read_id: Mapped[int | None] = mapped_column(ForeignKey("pre_read.id"))
    marking_id: Mapped[int | None] = mapped_column(ForeignKey("marking.id"))
    rejection_id: Mapped[int | None] = mapped_column(ForeignKey("rejection.id"))
    sop_class_uid: Mapped[str] = mapped_column(String(128))
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    series_instance_uid: Mapped[str] = mapped_column(String(64))
    file_key: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Instant)


class Delivery(Base):
    """The ledger: one report version on its way to one destination, with proof as it comes."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("report_id", "destination"),
        one_of("state", DELIVERY_STATES),
        one_of("channel", ("dicom", "inbox")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    destination: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    status: Mapped[int | None]
    warned: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_try_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_by: Mapped[str] = mapped_column(String(16), default="")
    transaction_uid: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)


class Change(Base):
    """A study changed: open worklists follow these numbers. Old rows are swept away."""

    __tablename__ = "change"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int]
    site_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
