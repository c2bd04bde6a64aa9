"""The statements by which the commonest arrivals are written and settled, compiled once per database."""

from typing import Any

from sqlalchemy import Engine, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased, configure_mappers

from hub.domain.moves import next_state
from hub.domain.study import STUDY_MOVES
from hub.store.errands import doing
from hub.store.pre_reads import FIRST_TO_READ
from hub.store.prepared import Prepared, adding
from hub.store.studies import IS_SOMEBODY
from hub.store.tables import (
    Change,
    Device,
    Errand,
    Instance,
    Patient,
    PerformedStep,
    Series,
    Site,
    Study,
    UntakenInstance,
)


def _prepared(statement: Any) -> Prepared:
    return Prepared(lambda _dialect: statement)


_Other = aliased(Study)
#: The caller is no device that was switched off while its association was open.
_IS_OPEN = ~exists().where(Device.ae_title == bindparam("calling"), ~Device.active)
#: The site if it is open, neither study nor instance is held, and no device says how many will come.
SITE_OF_NEW = _prepared(
    select(Site.id, Site.quiet_factor).where(
        Site.name == bindparam("site"),
        Site.active,
        _IS_OPEN,
        ~exists().where(Study.study_instance_uid == bindparam("study")),
        ~exists().where(Instance.sop_instance_uid == bindparam("instance")),
        ~exists().where(
            PerformedStep.site_id == Site.id, PerformedStep.study_instance_uid == bindparam("study")
        ),
    )
)
OF_A_PATIENT = ("id", "name", "name_guessed", "name_raw", "name_confirmed_by", "sex", "birth_date")
SAME_NUMBER = _prepared(
    select(*(getattr(Patient, name) for name in OF_A_PATIENT))
    .where(
        Patient.site_id == bindparam("site"), Patient.patient_id == bindparam("number"), IS_SOMEBODY
    )
    .order_by(Patient.id)
)  # fmt: skip
LAST_ORDINAL = _prepared(
    select(func.coalesce(func.max(Patient.ordinal), 0)).where(
        Patient.site_id == bindparam("site"), Patient.patient_id == bindparam("number")
    )
)
#: Nobody settles or moves the study until the row is written (SQLite has one writer anyway).
SEEN = _prepared(
    select(
        Study.study_instance_uid, Series.series_instance_uid, Site.name, Study.patient_row,
        Patient.patient_id, Patient.name, Patient.name_guessed, Patient.name_confirmed_by,
        Patient.sex, Patient.birth_date, Site.id, Site.quiet_factor,
    )
    .join(Series, Series.study_id == Study.id)
    .join(Patient, Patient.id == Study.patient_row)
    .join(Site, Site.id == Study.site_id)
    .where(
        Study.id == bindparam("study"), Series.id == bindparam("series"), Study.state == "arriving",
        Study.expected_instances.is_(None), Site.active, _IS_OPEN,
        ~exists().where(
            _Other.study_instance_uid == Study.study_instance_uid, _Other.site_id != Study.site_id
        ),
    )
    .with_for_update(of=Study)
)  # fmt: skip
IDS = _prepared(
    select(Study.id, Series.id)
    .join(Series, Series.study_id == Study.id)
    .join(Site, Site.id == Study.site_id)
    .where(
        Site.name == bindparam("site"), Study.study_instance_uid == bindparam("study"),
        Series.series_instance_uid == bindparam("series"),
    )
)  # fmt: skip
COUNT = _prepared(
    update(Study)
    .where(Study.id == bindparam("study"), Study.state == "arriving")
    .values(
        instances=Study.instances + 1,
        last_instance_at=case(
            (Study.last_instance_at < bindparam("at", type_=Study.last_instance_at.type), bindparam("at")),
            else_=Study.last_instance_at,
        ),
    )
)
PUT_OFF = _prepared(
    update(Errand)
    .where(
        Errand.key == bindparam("named"),
        or_(*(Errand.state == state for state in ("waiting", "done", "sent"))),
    )
    .values(state="waiting", due_at=bindparam("due", type_=Errand.due_at.type), attempts=0)
)
#: A study that nobody announced or wants to be told of, which lacks nothing, and what of it
#: the models are to read.
PLAIN_ARRIVING = _prepared(
    select(Study.id, Study.site_id, FIRST_TO_READ)
    .join(Site, Site.id == Study.site_id)
    .where(
        Site.name == bindparam("site"), Study.study_instance_uid == bindparam("study"),
        Study.state == "arriving", ~Site.wants_availability,
        ~exists().where(Device.site_id == Site.id, Device.wants_availability),
        ~exists().where(
            PerformedStep.site_id == Site.id, PerformedStep.study_instance_uid == bindparam("study")
        ),
        ~exists().where(
            UntakenInstance.site_id == Site.id, UntakenInstance.study_instance_uid == bindparam("study")
        ),
    )
)  # fmt: skip
SETTLE = _prepared(
    update(Study)
    .where(Study.id == bindparam("study"), Study.state == "arriving")
    .values(state=next_state(STUDY_MOVES, "arriving", "arrival-settled"))
)
OF_AN_ERRAND = (
    "kind", "key", "subject_id", "state", "due_at", "created_at", "holder", "attempts", "losses",
    "last_error",
)  # fmt: skip
DO_ERRAND = Prepared(lambda dialect: doing(dialect.name), OF_AN_ERRAND)


ADD_PATIENT = adding(
    Patient, "site_id", "patient_id", "issuer", "name", "name_guessed", "name_raw", "name_sought",
    "name_confirmed_by", "birth_date", "sex", "ordinal",
)  # fmt: skip
ADD_STUDY = adding(
    Study, "site_id", "patient_row", "study_instance_uid", "state", "priority", "note", "modality",
    "body_part", "description", "study_date", "study_time", "accession",
    "study_number", "history", "referring", "referring_sought", "instances", "late_instances",
    "received_at", "last_instance_at",
)  # fmt: skip
ADD_SERIES = adding(
    Series, "study_id", "series_instance_uid", "modality", "number", "description", "body_part", "laterality"
)
ADD_INSTANCE = adding(
    Instance, "site_id", "study_id", "series_id", "sop_instance_uid", "sop_class_uid", "transfer_syntax",
    "number", "rows", "columns", "frames", "view_position", "size", "digest", "file_key", "damaged",
    "rejected", "calling_ae", "received_at", unless="sop_instance_uid",
)  # fmt: skip
ADD_CHANGE = adding(Change, "study_id", "site_id", "at")
ADD_ERRAND = adding(Errand, *OF_AN_ERRAND, unless="key")


def prepare(engine: Engine) -> None:
    """Compile what every arrival needs before the first one waits for it."""
    configure_mappers()
    for value in globals().values():
        if isinstance(value, Prepared):
            value.prepare(engine.dialect)
