"""Copies a study whose identity a person corrected, as a study of its own; the originals stay untouched."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from dicom.admission import Caller
from dicom.corrected import Correction, corrected_copy
from dicom.errors import Damaged
from dicom.keep import Keeper
from dicom.settle import settle_now
from dicom.sound import damage, sound_file
from hub.domain.study import noted
from hub.domain.uid import uid_from
from hub.store import audit
from hub.store.errands import Task
from hub.store.moves import touch
from hub.store.rejections import CORRECT, IN_PART, OF_NOTHING, identity_said
from hub.store.tables import Instance, Rejection, Series, Site, Study
from workers.desk import Desk, Done

KIND = CORRECT
QUEUE = "post"
#: By which way the copies came, in the place of a calling title.
WAY = "CORRECTED"


def work(desk: Desk, task: Task) -> Done:
    """Keep a copy of every sound instance. The UIDs are fixed, so that a second attempt adds nothing."""
    with desk.store.reading() as session:
        rejection = session.get_one(Rejection, task.subject_id)
        if rejection.withdrawal is not None:
            return Done()
        site = session.get_one(Site, rejection.site_id)
        originals = _originals(session, rejection)
        correction = _correction(session, rejection, site, originals)
    keeper, kept = Keeper(desk.store), 0
    caller = Caller(site.name, WAY, desk.settings.ae_title, "")
    for instance in originals:
        try:
            path = sound_file(desk.store, instance, lambda one=instance: damage(one, site=site.name))  # type: ignore[misc]
        except Damaged:
            continue
        keeper.take(*corrected_copy(path, correction), caller)
        kept += 1
    uid = rejection.identity["study_uid"]
    settle_now(desk.store, site.name, [uid])

    def record(session: Session) -> None:
        if kept < len(originals):
            study = session.get_one(Study, rejection.study_id)
            study.note = noted(study.note, IN_PART if kept else OF_NOTHING)
            touch(session, study)
        said = f"{kept} of {len(originals)} instances; study-uid:{uid}"
        thing = f"study:{rejection.study_id}"
        audit.append(session, audit.entry("correct", thing, "copied", site=site.name, detail=said))

    return Done(record)


def _originals(session: Session, rejection: Rejection) -> list[Instance]:
    asked = select(Instance).where(Instance.study_id == rejection.study_id).order_by(Instance.id)
    chosen = frozenset(rejection.instances)
    return [one for one in session.scalars(asked) if one.sop_instance_uid in chosen]


def _correction(
    session: Session, rejection: Rejection, site: Site, originals: list[Instance]
) -> Correction:  # fmt: skip
    study = session.get_one(Study, rejection.study_id)
    asked = select(Series.series_instance_uid).where(Series.study_id == study.id)
    old = [*session.scalars(asked), *(one.sop_instance_uid for one in originals)]
    uids = {uid: uid_from("corrected", rejection.ko_uid, uid) for uid in old}
    uids[study.study_instance_uid] = rejection.identity["study_uid"]
    return Correction(identity_said(rejection), uids, rejection.at, site.label)
