"""Coded concepts, each with its scheme."""

from pydicom import Dataset

Code = tuple[str, str, str]

#: Titles of reports, CID 7000; by the modality of the study.
RADIOLOGY_REPORT: Code = ("11528-7", "LN", "Radiology Report")
REPORT_TITLES: dict[str, Code] = {
    "CR": ("43468-8", "LN", "X-Ray Report"),
    "DX": ("43468-8", "LN", "X-Ray Report"),
    "US": ("25061-3", "LN", "Ultrasound Report"),
    "ECG": ("11524-0", "LN", "ECG Report"),
}

#: Sections and what stands in them, CID 7001 and 7002.
FINDINGS: Code = ("121070", "DCM", "Findings")
FINDING: Code = ("121071", "DCM", "Finding")
IMPRESSIONS: Code = ("121072", "DCM", "Impressions")
IMPRESSION: Code = ("121073", "DCM", "Impression")
RECOMMENDATIONS: Code = ("121074", "DCM", "Recommendations")
RECOMMENDATION: Code = ("121075", "DCM", "Recommendation")
ADDENDUM: Code = ("55107-7", "LN", "Addendum")

#: Context of the document, TID 1204 and 1002.
LANGUAGE: Code = ("121049", "DCM", "Language of Content Item and Descendants")
CHINESE: Code = ("zh-CN", "RFC5646", "Chinese (China)")
OBSERVER_TYPE: Code = ("121005", "DCM", "Observer Type")
PERSON: Code = ("121006", "DCM", "Person")
PERSON_OBSERVER_NAME: Code = ("121008", "DCM", "Person Observer Name")


def report_title(modality: str) -> Code:
    """Return the document title for a report on a study of `modality`."""
    return REPORT_TITLES.get(modality, RADIOLOGY_REPORT)


def coded(code: Code) -> Dataset:
    """Return `code` as an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item
