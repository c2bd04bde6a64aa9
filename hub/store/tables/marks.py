"""What readers drew on pictures and set on ECGs: every saved state is a row of its own."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.tables.base import Base, Instant
from hub.store.tables.people import User
from hub.store.tables.studies import Instance


class Marking(Base):
    """All marks and key images of a study at one version, by whom, and the UIDs of their objects."""

    __tablename__ = "marking"
    __table_args__ = (UniqueConstraint("study_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int]
    marks: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    key_images: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    sr_uid: Mapped[str] = mapped_column(String(64), unique=True)
    ko_uid: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")


class EcgEdit(Base):
    """What a doctor set on one recording, at one version; `machine` is what the machine said just then.

    `values` are the values that count instead: those typed, those read off the marks, and what follows.
    """

    __tablename__ = "ecg_edit"
    __table_args__ = (UniqueConstraint("instance_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int]
    marks: Mapped[dict[str, float]] = mapped_column(JSON)
    moved: Mapped[list[str]] = mapped_column(JSON)
    typed: Mapped[dict[str, float]] = mapped_column(JSON)
    values: Mapped[dict[str, float]] = mapped_column(JSON)
    machine: Mapped[dict[str, float | None]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")
    instance: Mapped[Instance] = relationship(lazy="joined")
