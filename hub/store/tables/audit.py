"""The audit trail: rows that nobody edits, the head of their chain, and counts on their way into it."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base, Instant


class AuditRow(Base):
    """One act, tied to the row before it. UPDATE and DELETE are refused by a trigger."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40), index=True)
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    site: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(48), index=True)
    thing: Mapped[str] = mapped_column(String(160), index=True)
    outcome: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    link: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last number and link, so that a missing tail shows too."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    link: Mapped[str] = mapped_column(String(64))


class RefusalWindow(Base):
    """How many refusals followed the first of one kind and address in one minute; a row until it is told."""

    __tablename__ = "refusal_window"
    __table_args__ = (UniqueConstraint("minute", "address", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    minute: Mapped[datetime] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    further: Mapped[int] = mapped_column(default=0)
