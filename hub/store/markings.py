"""Marks and key images kept with a study: every saved state is a version, none is overwritten silently."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.mark import KeyImage, Mark
from hub.domain.scope import Scope
from hub.domain.uid import new_uid
from hub.errors import HubError, Refused
from hub.store import audit
from hub.store.cases import locked_case
from hub.store.drafts import WRITABLE
from hub.store.engine import now
from hub.store.errands import put_off
from hub.store.tables import Instance, Marking, Study, User

#: The objects are written once the reader's hand rests.
REST_SECONDS = 20.0
#: Marks may be added as long as the study is read, and beside a signed report.
MARKABLE = (*WRITABLE, "written", "signed", "delivered")


class MarksChanged(HubError):
    """Somebody else saved marks since the page read them; `standing` is what stands there now."""

    def __init__(self, standing: "Standing") -> None:
        super().__init__("the marks were changed by another page since this one loaded them")
        self.standing = standing


@dataclass(frozen=True)
class Standing:
    """A study's marks as they stand, as JSON; version 0 where there are none."""

    version: int = 0
    marks: Sequence[dict[str, Any]] = ()
    key_images: Sequence[dict[str, Any]] = ()
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Drawn:
    """All marks and key images of a study, as drawn over version `base` (0: there were none)."""

    base: int
    marks: tuple[Mark, ...]
    key_images: tuple[KeyImage, ...]


def latest_marking(session: Session, study_id: int) -> Marking | None:
    """Return the marks of a study as they stand."""
    asked = select(Marking).where(Marking.study_id == study_id).order_by(Marking.version.desc())
    return session.scalar(asked.limit(1))


def save_marks(session: Session, scope: Scope, study_id: int, user: User, drawn: Drawn) -> Standing:
    """Keep `drawn` as the next version, with its audit row and the errand that writes its objects.

    Raises NotYours, MarksChanged, and Refused for a study that is set apart or an instance of another one.
    """
    study = locked_case(session, scope, study_id)
    if study.state not in MARKABLE:
        raise Refused("a study that is %(state)s takes no marks", state=study.state)
    last = latest_marking(session, study_id)
    if drawn.base != (last.version if last else 0):
        raise MarksChanged(standing(last))
    _need_instances(session, study, drawn)
    marking = Marking(
        study_id=study.id, site_id=study.site_id, user_id=user.id, version=drawn.base + 1,
        marks=[asdict(mark) for mark in drawn.marks], key_images=[asdict(key) for key in drawn.key_images],
        sr_uid=new_uid(), ko_uid=new_uid(), at=now(),
    )  # fmt: skip
    session.add(marking)
    session.flush()
    put_off(session, "write-marks", study.id, REST_SECONDS)
    said = f"version {marking.version}: {len(drawn.marks)} marks, {len(drawn.key_images)} key images"
    who: dict[str, Any] = {"actor": user.username, "role": user.role, "site": study.site.name}
    audit.append(session, audit.entry("mark", f"study:{study.id}", detail=said, **who))
    return standing(marking)


def standing(marking: Marking | None) -> Standing:
    """Return what a page needs of the marks, also once their session has ended."""
    if marking is None:
        return Standing()
    by = marking.user.display_name
    return Standing(marking.version, marking.marks, marking.key_images, by, marking.at)


def _need_instances(session: Session, study: Study, drawn: Drawn) -> None:
    named = {mark.instance for mark in drawn.marks} | {key.instance for key in drawn.key_images}
    asked = select(Instance.sop_instance_uid).where(Instance.study_id == study.id)
    if not named <= set(session.scalars(asked)):
        raise Refused("a mark is on an image that is none of this study's")
