"""What people rejected, corrected the identity of, and took back. Nothing of it is ever deleted."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.rejection import REASONS
from hub.store.tables.base import Base, Instant, one_of
from hub.store.tables.people import User


class Rejection(Base):
    """A named person's decision that instances of a study are not to be used, and why.

    `instances` lists their SOP Instance UIDs. `identity` says whom a corrected copy is of, and its Study UID;
    it is empty where nothing is corrected. `ko_uid` names the key object that tells of it. `state` and `note`
    are the study's before it, empty in the oldest rows.
    """

    __tablename__ = "rejection"
    __table_args__ = (one_of("reason", tuple(REASONS)),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    instances: Mapped[list[Any]] = mapped_column(JSON)
    identity: Mapped[dict[str, Any]] = mapped_column(JSON)
    ko_uid: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default="", server_default="")
    note: Mapped[str] = mapped_column(String(255), default="", server_default="")

    user: Mapped[User] = relationship(lazy="joined")
    withdrawal: Mapped["Withdrawal | None"] = relationship(lazy="joined")


class Withdrawal(Base):
    """A named person's decision that a rejection was a mistake, and why; the rejection itself stays."""

    __tablename__ = "withdrawal"

    id: Mapped[int] = mapped_column(primary_key=True)
    rejection_id: Mapped[int] = mapped_column(ForeignKey("rejection.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined")
