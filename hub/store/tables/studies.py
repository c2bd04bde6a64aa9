"""Patients, studies, series, instances, and what was kept aside. Every row belongs to one site."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.study import STUDY_STATES
from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import Site


class Patient(Base):
    """A patient as one site knows them; an empty PatientID equals no other empty one.

    Rows of one (site, PatientID) contradict each other: the number was given to more than one person, and
    `ordinal` counts them. Its key lets no two listeners add the same person at once.
    """

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("site_id", "patient_id", "ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[str | None] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(324), default="")
    name_raw: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    name_sought: Mapped[str] = mapped_column(String(326), default="", server_default="")
    name_guessed: Mapped[bool] = mapped_column(default=False)
    name_confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    birth_date: Mapped[str] = mapped_column(String(16), default="")
    sex: Mapped[str] = mapped_column(String(16), default="")
    ordinal: Mapped[int] = mapped_column(default=1, server_default="1")


class Study(Base):
    """One case: a study of one site, with its state and what the worklist shows."""

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("site_id", "study_instance_uid"),
        Index("ix_study_state_received", "state", "received_at"),
        one_of("state", STUDY_STATES),
        one_of("priority", ("critical", "urgent", "routine")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    patient_row: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    study_instance_uid: Mapped[str] = mapped_column(String(128), index=True)
    state: Mapped[str] = mapped_column(String(16), default="arriving")
    priority: Mapped[str] = mapped_column(String(16), default="routine")
    note: Mapped[str] = mapped_column(String(255), default="")
    modality: Mapped[str] = mapped_column(String(16), default="")
    body_part: Mapped[str] = mapped_column(String(64), default="")
    description: Mapped[str] = mapped_column(String(128), default="")
    study_date: Mapped[str] = mapped_column(String(16), default="")
    study_time: Mapped[str] = mapped_column(String(16), default="")
    accession: Mapped[str] = mapped_column(String(64), default="")
    study_number: Mapped[str] = mapped_column(String(16), default="")
    history: Mapped[str] = mapped_column(String(1024), default="", server_default="")
    referring: Mapped[str] = mapped_column(String(324), default="", server_default="")
    referring_sought: Mapped[str] = mapped_column(String(326), default="", server_default="")
    instances: Mapped[int] = mapped_column(default=0)
    late_instances: Mapped[int] = mapped_column(default=0)
    expected_instances: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(Instant)
    last_instance_at: Mapped[datetime] = mapped_column(Instant)

    patient: Mapped[Patient] = relationship(lazy="joined")
    site: Mapped[Site] = relationship(lazy="joined")


class Series(Base):
    """A series of a study."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "series_instance_uid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    series_instance_uid: Mapped[str] = mapped_column(String(128), index=True)
    modality: Mapped[str] = mapped_column(String(16), default="")
    number: Mapped[int | None]
    description: Mapped[str] = mapped_column(String(128), default="")
    body_part: Mapped[str] = mapped_column(String(64), default="")
    laterality: Mapped[str] = mapped_column(String(16), default="")


class Instance(Base):
    """One acknowledged instance, its file and the BLAKE3 of its data set as received."""

    __tablename__ = "instance"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(128), unique=True)
    sop_class_uid: Mapped[str] = mapped_column(String(128))
    transfer_syntax: Mapped[str] = mapped_column(String(64))
    number: Mapped[int | None]
    rows: Mapped[int] = mapped_column(default=0)
    columns: Mapped[int] = mapped_column(default=0)
    frames: Mapped[int] = mapped_column(default=1)
    view_position: Mapped[str] = mapped_column(String(16), default="")
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    file_key: Mapped[str] = mapped_column(String(64), unique=True)
    damaged: Mapped[bool] = mapped_column(default=False)
    rejected: Mapped[bool] = mapped_column(default=False, server_default=false())
    calling_ae: Mapped[str] = mapped_column(String(16), default="")
    received_at: Mapped[datetime] = mapped_column(Instant)


class UntakenInstance(Base):
    """An instance that was sent and could not be taken, through no fault of the sender's.

    Or one that is `unreadable`: that one was refused for good, and nobody waits for it.
    """

    __tablename__ = "untaken_instance"
    __table_args__ = (
        UniqueConstraint("site_id", "sop_instance_uid"),
        Index("ix_untaken_instance_site_study", "site_id", "study_instance_uid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    study_instance_uid: Mapped[str] = mapped_column(String(128))
    sop_instance_uid: Mapped[str] = mapped_column(String(128))
    unreadable: Mapped[bool] = mapped_column(default=False, server_default=false())
    at: Mapped[datetime] = mapped_column(Instant)


class KeptAside(Base):
    """Bytes that were acknowledged but are not shown: another content or syntax under a known UID."""

    __tablename__ = "kept_aside"
    __table_args__ = (
        UniqueConstraint("site_id", "sop_instance_uid", "digest"),
        one_of("reason", ("content", "syntax")),
        one_of("state", ("open", "comparing", "same", "dismissed")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(128), index=True)
    study_instance_uid: Mapped[str] = mapped_column(String(128))
    transfer_syntax: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    file_key: Mapped[str] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
