"""Critical values of which a site was told: by whom, in which words, and who there knows it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.domain.critical_notice import LONGEST_WORDS
from hub.store.tables.base import Base, Instant
from hub.store.tables.people import User
from hub.store.tables.studies import Study


class CriticalNotice(Base):
    """A reader's word to a site that a study shows a critical value; only who knows it is added."""

    __tablename__ = "critical_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    words: Mapped[str] = mapped_column(String(LONGEST_WORDS))
    at: Mapped[datetime] = mapped_column(Instant)
    known_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    known_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined", foreign_keys=[user_id])
    known_by: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[known_by_id])
    study: Mapped[Study] = relationship(lazy="joined")
