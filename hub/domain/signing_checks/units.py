"""Units and spelling: sizes without a unit or beyond any body, and slips that one key makes."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "units"

SIZED = re.compile(
    r"(?:大小|直径|长径|最厚|最宽|径)约?\s*(\d+(?:\.\d+)?(?:\s*[×xX*]\s*\d+(?:\.\d+)?)*)\s*([a-zA-Zμ]*)"
)
UNITS = {"mm": 1.0, "cm": 10.0, "MM": 1.0, "CM": 10.0}
#: Nothing in a body that a report gives the size of is longer, in mm.
LONGEST_MM = 500.0
#: What an input method offers beside the word that was meant.
SLIPS = {
    "未见明显确": "未见明确", "肋隔角": "肋膈角", "隔肌": "膈肌", "纵膈": "纵隔",
    "横隔": "横膈", "骨拆": "骨折", "骨质增声": "骨质增生", "炎正": "炎症",
    "占住": "占位", "节结": "结节", "心率失常": "心律失常",
    "窦性心率": "窦性心律", "园形": "圆形",
    "做侧": "左侧", "又侧": "右侧", "。。": "。", "，，": "，",
}  # fmt: skip


def concerns(case: SigningCase) -> Iterable[str]:
    """Name the first size that cannot be right, and every known slip."""
    for number, unit in SIZED.findall(case.words):
        if fault := _fault(number, unit):
            yield fault
            break
    found = [f"“{slip}”（{meant}）" for slip, meant in SLIPS.items() if slip in case.words]
    if found:
        yield f"可能的错字：{'、'.join(found)}"


def _fault(number: str, unit: str) -> str:
    if unit not in UNITS:
        return f"大小 {number} 没有单位" if not unit else f"大小 {number} 的单位“{unit}”不明"
    longest = max(float(part) for part in re.findall(r"\d+(?:\.\d+)?", number)) * UNITS[unit]
    return f"大小 {number} {unit} 超出可能范围" if longest > LONGEST_MM else ""
