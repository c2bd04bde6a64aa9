"""How the models do at each site: own thresholds, first impressions, and what the signed reports said."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.agreement import SAYINGS
from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import User


class Threshold(Base):
    """One change of a site's threshold for a finding: the newest version counts; no value is the model's own.

    Rows are inserted, never updated.
    """

    __tablename__ = "site_threshold"
    __table_args__ = (UniqueConstraint("site_id", "finding", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    finding: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    value: Mapped[float | None]
    reason: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")


class FirstImpression(Base):
    """What a reader thought before the models were shown, at a site that reads so; the first one stays."""

    __tablename__ = "first_impression"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Agreement(Base):
    """What a model and the signed report said of one finding; the first signed version counts."""

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("study_id", "finding"), one_of("said", SAYINGS))

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    finding: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(32))
    probability: Mapped[float]
    threshold: Mapped[float]
    threshold_version: Mapped[int] = mapped_column(default=0)
    positive: Mapped[bool]
    said: Mapped[str] = mapped_column(String(8))
    reader_first: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(Instant)
