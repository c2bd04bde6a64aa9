"""Screening campaigns: whose ECGs, what stood on each page, how each was screened and read again."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.screening import LONGEST_NAME, LONGEST_STATEMENT, VERDICTS
from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import User


class Campaign(Base):
    """A screening campaign: the ECGs that its sites sent from `since` until before `until`."""

    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("re_read_percent BETWEEN 0 AND 100", name="re_read_percent"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    re_read_percent: Mapped[int]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    created_by: Mapped[User] = relationship(lazy="joined")


class CampaignSite(Base):
    """A site that takes part in a campaign."""

    __tablename__ = "campaign_site"
    __table_args__ = (UniqueConstraint("campaign_id", "site_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)


class ScreeningSheet(Base):
    """What one page showed one doctor: of each study its id, the token of what was shown, and the text."""

    __tablename__ = "screening_sheet"
    __table_args__ = (Index("ix_screening_sheet_campaign_handed", "campaign_id", "handed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    studies: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    handed_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)


class Screened(Base):
    """How a study of a campaign was screened: confirmed on a sheet ("batch"), or set apart to be read singly.

    `why` says why it was set apart. A drawn one is read again by another doctor, who does not see the first
    one's report; where they disagree an expert's `verdict` says whose reading holds.
    """

    __tablename__ = "screened"
    __table_args__ = (
        UniqueConstraint("campaign_id", "study_id"),
        one_of("kind", ("batch", "single")),
        one_of("verdict", VERDICTS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("screening_sheet.id"))
    why: Mapped[str] = mapped_column(String(32), default="")
    drawn: Mapped[bool] = mapped_column(default=False)
    re_reader_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    re_read_at: Mapped[datetime | None] = mapped_column(Instant)
    agreed: Mapped[bool | None]
    statement: Mapped[str] = mapped_column(String(LONGEST_STATEMENT), default="")
    verdict: Mapped[str | None] = mapped_column(String(16))
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined", foreign_keys=[user_id])
    re_reader: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[re_reader_id])
    settled_by: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[settled_by_id])
