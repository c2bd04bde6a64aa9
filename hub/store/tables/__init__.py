"""The tables, by what they are about; importing this module knows them all."""

from hub.store.tables.audit import AuditHead, AuditRow, RefusalWindow
from hub.store.tables.base import Base
from hub.store.tables.marks import EcgEdit, Marking
from hub.store.tables.notices import CriticalNotice
from hub.store.tables.orders import ExamOrder, Hl7Message, PerformedStep
from hub.store.tables.peers import Commitment, Device, Sharing
from hub.store.tables.people import Guess, LoginSession, Site, User, UserSite
from hub.store.tables.quality import Agreement, FirstImpression, Threshold
from hub.store.tables.reading import Claim, Draft, Report, ReportOpening
from hub.store.tables.rejections import Rejection, Withdrawal
from hub.store.tables.reports import ImageQuality, PutAside, ReportTemplate, WrittenReport
from hub.store.tables.screening import Campaign, CampaignSite, Screened, ScreeningSheet
from hub.store.tables.studies import Instance, KeptAside, Patient, Series, Study, UntakenInstance
from hub.store.tables.work import Change, Delivery, Errand, MadeObject, PreRead

__all__ = [
    "Agreement", "AuditHead", "AuditRow", "Base", "Campaign", "CampaignSite", "Change", "Claim",
    "Commitment", "CriticalNotice", "Delivery", "Device", "Draft", "EcgEdit", "Errand", "ExamOrder",
    "FirstImpression", "Guess", "Hl7Message", "ImageQuality", "Instance", "KeptAside", "LoginSession",
    "MadeObject", "Marking", "Patient", "PerformedStep", "PreRead", "PutAside", "RefusalWindow", "Rejection",
    "Report", "ReportOpening", "ReportTemplate", "Screened", "ScreeningSheet", "Series", "Sharing", "Site",
    "Study", "Threshold", "UntakenInstance", "User", "UserSite", "Withdrawal", "WrittenReport",
]  # fmt: skip
