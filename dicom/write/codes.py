"""Coded concepts, each with its scheme."""

from pydicom import Dataset

Code = tuple[str, str, str]

CODE_VALUE_LENGTH = 16  # PS3.3 8.1: beyond it, Long Code Value
#: The hub's own scheme: licences of doctors, and findings that no public scheme names.
HUB_SCHEME = "99HUB"

#: Titles of reports, CID 7000: by the modality of the study, and by its body part where that has its own.
RADIOLOGY_REPORT: Code = ("11528-7", "LN", "Radiology Report")
CHEST_CT, HEAD_CT = ("24627-2", "LN", "CT Chest Report"), ("24725-4", "LN", "CT Head Report")
REPORT_TITLES: dict[str, Code] = {
    "CR": ("43468-8", "LN", "X-Ray Report"),
    "DX": ("43468-8", "LN", "X-Ray Report"),
    "US": ("25061-3", "LN", "Ultrasound Report"),
    "ECG": ("11524-0", "LN", "ECG Report"),
}
CT_TITLES: dict[str, Code] = {
    "CHEST": CHEST_CT, "LUNG": CHEST_CT, "THORAX": CHEST_CT,
    "HEAD": HEAD_CT, "BRAIN": HEAD_CT, "SKULL": HEAD_CT,
}  # fmt: skip

#: Sections and what stands in them, CID 7001 and 7002.
FINDINGS: Code = ("121070", "DCM", "Findings")
FINDING: Code = ("121071", "DCM", "Finding")
IMPRESSIONS: Code = ("121072", "DCM", "Impressions")
IMPRESSION: Code = ("121073", "DCM", "Impression")
RECOMMENDATIONS: Code = ("121074", "DCM", "Recommendations")
RECOMMENDATION: Code = ("121075", "DCM", "Recommendation")
HISTORY: Code = ("121060", "DCM", "History")
PROCEDURES: Code = ("121064", "DCM", "Current Procedure Descriptions")
PROCEDURE: Code = ("121065", "DCM", "Procedure Description")
ADDENDUM: Code = ("55107-7", "LN", "Addendum")

#: Context of the document, TID 1204 and 1002.
LANGUAGE: Code = ("121049", "DCM", "Language of Content Item and Descendants")
CHINESE: Code = ("zh-CN", "RFC5646", "Chinese (China)")
OBSERVER_TYPE: Code = ("121005", "DCM", "Observer Type")
PERSON: Code = ("121006", "DCM", "Person")
PERSON_OBSERVER_NAME: Code = ("121008", "DCM", "Person Observer Name")


def report_title(modality: str, body_part: str = "") -> Code:
    """Return the document title for a report on a study of `modality` and `body_part`."""
    if modality == "CT":
        return CT_TITLES.get(body_part.strip().upper(), RADIOLOGY_REPORT)
    return REPORT_TITLES.get(modality, RADIOLOGY_REPORT)


def coded(code: Code) -> Dataset:
    """Return `code` as an item of a code sequence."""
    item = Dataset()
    value, item.CodingSchemeDesignator, item.CodeMeaning = code
    if len(value) > CODE_VALUE_LENGTH:
        item.LongCodeValue = value
    else:
        item.CodeValue = value
    return item


def scheme() -> Dataset:
    """Return who answers for the hub's own scheme (PS3.3 C.12.1.1.7)."""
    item = Dataset()
    item.CodingSchemeDesignator, item.CodingSchemeName = HUB_SCHEME, "Reading Hub"
    item.CodingSchemeResponsibleOrganization = "Reading Hub"
    return item
