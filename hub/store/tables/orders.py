"""Orders, the steps that devices perform for them, and the HL7 messages that brought some."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.order import ORDER_STATES, STEP_STATES
from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import Site


class ExamOrder(Base):
    """An examination that a site has scheduled; its Study Instance UID is fixed when it is written."""

    __tablename__ = "exam_order"
    __table_args__ = (
        UniqueConstraint("site_id", "accession"),
        Index("ix_exam_order_site_state_date", "site_id", "state", "scheduled_date"),
        one_of("state", ORDER_STATES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    accession: Mapped[str] = mapped_column(String(16))
    placer_number: Mapped[str] = mapped_column(String(64), default="", index=True)
    filler_number: Mapped[str] = mapped_column(String(64), default="")
    patient_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    birth_date: Mapped[str] = mapped_column(String(8), default="")
    sex: Mapped[str] = mapped_column(String(1), default="")
    modality: Mapped[str] = mapped_column(String(16))
    station_ae: Mapped[str] = mapped_column(String(16), default="")
    scheduled_date: Mapped[str] = mapped_column(String(8))
    scheduled_time: Mapped[str] = mapped_column(String(6), default="")
    description: Mapped[str] = mapped_column(String(64), default="")
    code_value: Mapped[str] = mapped_column(String(16), default="")
    code_scheme: Mapped[str] = mapped_column(String(16), default="")
    body_part: Mapped[str] = mapped_column(String(16), default="")
    referring: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    study_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    procedure_id: Mapped[str] = mapped_column(String(16), default="")
    step_id: Mapped[str] = mapped_column(String(16), default="")
    state: Mapped[str] = mapped_column(String(16), default="scheduled")
    source: Mapped[str] = mapped_column(String(16), default="page")
    created_by: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)

    site: Mapped[Site] = relationship(lazy="joined")


class PerformedStep(Base):
    """A Modality Performed Procedure Step as a device reports it; `expected` lists what it made."""

    __tablename__ = "performed_step"
    __table_args__ = (
        UniqueConstraint("site_id", "sop_instance_uid"),
        Index("ix_performed_step_site_study", "site_id", "study_instance_uid"),
        one_of("state", STEP_STATES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("exam_order.id"))
    sop_instance_uid: Mapped[str] = mapped_column(String(64))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    calling_ae: Mapped[str] = mapped_column(String(16))
    modality: Mapped[str] = mapped_column(String(16), default="")
    state: Mapped[str] = mapped_column(String(16), default="IN PROGRESS")
    expected: Mapped[list[Any]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Hl7Message(Base):
    """An HL7 message that was answered: the same one again gets the same answer and changes nothing."""

    __tablename__ = "hl7_message"
    __table_args__ = (UniqueConstraint("sender", "control_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(160))
    control_id: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(String(2))
    said: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime] = mapped_column(Instant)
