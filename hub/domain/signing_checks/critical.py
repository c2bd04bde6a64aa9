"""A critical finding of which nobody was told."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "critical"

PHRASES = (
    "危急值", "脑出血", "硬膜下血肿", "硬膜外血肿", "蛛网膜下腔出血", "脑疝", "张力性气胸", "主动脉夹层",
    "肺动脉栓塞", "肺栓塞", "消化道穿孔", "膈下游离气体",
    "绞窄性肠梗阻", "急性心肌梗死", "室性心动过速", "心室颤动", "三度房室阻滞",
    "异位妊娠破裂", "脾破裂", "肝破裂",
)  # fmt: skip
#: Words shortly before or after that take it back.
DENIED = re.compile(r"(?:未见|无|排除|除外|没有|不支持)[^，。；\n]{0,12}$")
PAST = re.compile(r"^(?:术后|后遗|吸收期|恢复期|病史|陈旧)")


def concerns(case: SigningCase) -> Iterable[str]:
    """Name the critical phrases of the conclusion, unless a critical notice was given."""
    if case.critical_noticed:
        return
    found = [phrase for phrase in PHRASES if _is_said(phrase, f"{case.conclusion}\n{case.text.advice}")]
    if found:
        yield f"报告写有危急情况（{'、'.join(found)}），尚未发出危急值通知"


def _is_said(phrase: str, words: str) -> bool:
    return any(
        not DENIED.search(words[: match.start()]) and not PAST.match(words[match.end() :])
        for match in re.finditer(phrase, words)
    )
