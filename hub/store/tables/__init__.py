"""The tables, by what they are about; importing this module knows them all."""

from hub.store.tables.audit import AuditHead, AuditRow
from hub.store.tables.base import Base
from hub.store.tables.people import Guess, LoginSession, Site, User, UserSite
from hub.store.tables.reading import Claim, Draft, Report, ReportOpening
from hub.store.tables.studies import Instance, KeptAside, Patient, Series, Study
from hub.store.tables.work import Change, Delivery, Errand, MadeObject, PreRead

__all__ = [
    "AuditHead", "AuditRow", "Base", "Change", "Claim", "Delivery", "Draft", "Errand", "Guess", "Instance",
    "KeptAside", "LoginSession", "MadeObject", "Patient", "PreRead", "Report", "ReportOpening",
    "Series", "Site", "Study", "User", "UserSite",
]  # fmt: skip
