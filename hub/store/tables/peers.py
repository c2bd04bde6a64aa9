"""The devices of a site, patients that two sites share, and what peers asked the hub to commit to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.commitment import COMMITMENT_STATES
from hub.domain.peers import CHARACTER_SETS
from hub.store.tables.base import Base, Instant, one_of


class Device(Base):
    """An application entity of a site beside its own title: how it calls, where it listens, what it reads."""

    __tablename__ = "device"
    __table_args__ = (one_of("character_set", CHARACTER_SETS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    ae_title: Mapped[str] = mapped_column(String(16), unique=True)
    host: Mapped[str | None] = mapped_column(String(255))
    port: Mapped[int | None]
    character_set: Mapped[str] = mapped_column(String(16), default="ISO_IR 192")
    wants_availability: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Sharing(Base):
    """A person's decision that a patient of one site is a patient of another, and may be seen there.

    It says who decided, on what consent, and until when; it is ended, never deleted.
    """

    __tablename__ = "sharing"
    __table_args__ = (
        Index("ix_sharing_one", "patient_one"),
        Index("ix_sharing_other", "patient_other"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_one: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    patient_other: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    decided_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    consent: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Commitment(Base):
    """A storage commitment that a peer asked for, and whether it has been told the truth yet.

    `instances` lists what was asked about as [SOP class UID, SOP instance UID].
    """

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("site_id", "calling_ae", "transaction_uid"),
        one_of("state", COMMITMENT_STATES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    calling_ae: Mapped[str] = mapped_column(String(16))
    transaction_uid: Mapped[str] = mapped_column(String(64))
    instances: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), default="asked")
    missing: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
