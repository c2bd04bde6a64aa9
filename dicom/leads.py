"""Which ECG lead a channel is, by code or by the words that devices write instead."""

import re

from pydicom.dataset import Dataset

from hub.domain.subject import TWELVE_LEADS

#: SCP-ECG lead numbers (PS3.16 CID 3001, EN 1064) in the order of TWELVE_LEADS.
SCPECG_NUMBERS = (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8)
#: ISO/IEEE 11073 MDC_ECG_LEAD_… (PS3.16 CID 3001, scheme MDC "2:n"): the same numbers in part 2.
SCPECG_LEADS = {f"5.6.3-9-{number}": lead for number, lead in zip(SCPECG_NUMBERS, TWELVE_LEADS, strict=True)}
MDC_LEADS = {f"2:{number}": lead for number, lead in zip(SCPECG_NUMBERS, TWELVE_LEADS, strict=True)}
CODES = SCPECG_LEADS | MDC_LEADS
#: Names without case, spaces, "lead" or a bracketed remark.
NAMES = {lead.lower(): lead for lead in TWELVE_LEADS} | {
    "1": "I", "2": "II", "3": "III", "d1": "I", "d2": "II", "d3": "III",
    "di": "I", "dii": "II", "diii": "III", "l1": "I", "l2": "II", "l3": "III",
    "r": "aVR", "l": "aVL", "f": "aVF",
    "c1": "V1", "c2": "V2", "c3": "V3", "c4": "V4", "c5": "V5", "c6": "V6",
}  # fmt: skip


def lead_of(channel: Dataset) -> str | None:
    """Return the standard short name (I … V6) of a channel's lead, or None when it is no standard one."""
    for source in channel.get("ChannelSourceSequence") or []:
        by_code = CODES.get(str(source.get("CodeValue", "")).strip())
        if by_code:
            return by_code
        by_name = lead_named(str(source.get("CodeMeaning", ""))) or lead_named(
            str(source.get("CodeValue", ""))
        )
        if by_name:
            return by_name
    return lead_named(str(channel.get("ChannelLabel", "")))


def lead_named(words: str) -> str | None:
    """Return the standard short name of the lead that `words` name, or None."""
    bare = re.sub(r"\(.*?\)|mdc_ecg_lead_|ecg|lead|导联|[\s,:_\-]", "", words.lower())
    return NAMES.get(bare)
