"""What a signed report says of a finding that a model looked for: present, absent, or unclear.

A rule over words, and a conservative one: it says "unclear" wherever a careful reader of the text alone would
hesitate, so that the site's table rests on fewer cases rather than on wrong ones.
"""

import re
from dataclasses import dataclass
from math import sqrt

from hub.domain.report import ReportText

SAYINGS = ("present", "absent", "unclear")
#: For a two-sided interval of 95 %.
Z = 1.959964

#: The words for each finding that has any; what a model finds beyond these is not compared.
WORDS: dict[str, str] = {
    "pneumonia": r"肺炎|肺部感染|肺部炎症|炎性(?:病变|改变|渗出)|支气管肺炎|pneumonia",
    "fracture": r"骨折|fractur",
    "super_NORM": r"正常心电图|心电图正常|心电图未见(?:明显)?异常|normal ecg",
    "rhythm_AFIB": r"心房颤动|房颤|心房纤颤|atrial fibrillation",
    "rhythm_AFLT": r"心房扑动|房扑|atrial flutter",
    "rhythm_STACH": r"窦性心动过速|sinus tachycardia",
    "rhythm_SBRAD": r"窦性心动过缓|sinus bradycardia",
    "form_PVC": r"室性(?:早搏|期前收缩)|室早|ventricular (?:premature|ectopic)",
}
#: Words that take the place of naming what is absent, by finding.
NORMAL: dict[str, str] = {
    "pneumonia": r"未见(?:明显)?异常|[两双]肺野?清晰|心肺膈未见|no acute|clear lungs|lungs are clear",
    "fracture": r"未见(?:明显)?(?:骨质)?异常|骨质(?:结构)?完整|no (?:acute )?(?:bony|osseous) abnormality",
}
ECG_NORMAL = r"正常心电图|心电图正常|normal ecg"
NEGATION = r"未见|未发现|无|没有|不符合|除外了|\bno\b|without|negative for|no evidence"
DOUBT = (
    r"可能|待排|待查|疑|不除外|不能除外|不排除|考虑|建议.{0,6}(?:复查|进一步)|\?|？|陈旧|愈合|术后"
    r"|possible|probable|suspect|cannot exclude|old|healed"
)
CLAUSE = re.compile(r"[,，。;；\n.]")


def said_of(finding: str, text: ReportText) -> str:
    """Return which of SAYINGS the report says of `finding`; the impression outranks the findings."""
    words = WORDS.get(finding)
    if words is None:
        return "unclear"
    for part in (text.impression, text.findings):
        heard = {_of_clause(clause, words) for clause in CLAUSE.split(part) if _names(clause, words)}
        if heard:
            return heard.pop() if len(heard) == 1 else "unclear"
        if _names(part, NORMAL.get(finding, ECG_NORMAL)) and not _names(part, DOUBT):
            return "absent"
    return "unclear"


def _of_clause(clause: str, words: str) -> str:
    if _names(clause, DOUBT):
        return "unclear"
    at = re.search(words, clause, re.IGNORECASE)
    before = clause[: at.start()] if at else clause
    return "absent" if _names(before, NEGATION) else "present"


def _names(text: str, pattern: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Share:
    """Of `n` cases `hits`, with Wilson's interval (1927) of 95 %."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """Return the share, or None without cases."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the ends of the interval, or None without cases."""
        if not self.n:
            return None
        share, n = self.hits / self.n, self.n
        middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Matrix:
    """Counts of what the model (first) and the signed report (second) said of one finding at one site."""

    positive_present: int = 0
    positive_absent: int = 0
    positive_unclear: int = 0
    negative_present: int = 0
    negative_absent: int = 0
    negative_unclear: int = 0

    @property
    def sensitivity(self) -> Share:
        """Of what the reports call present, how much the model called."""
        return Share(self.positive_present, self.positive_present + self.negative_present)

    @property
    def specificity(self) -> Share:
        """Of what the reports call absent, how much the model passed."""
        return Share(self.negative_absent, self.negative_absent + self.positive_absent)

    @property
    def agreement(self) -> Share:
        """Of what the reports are clear about, how much the model said alike."""
        alike = self.positive_present + self.negative_absent
        return Share(alike, alike + self.positive_absent + self.negative_present)

    @property
    def unclear(self) -> int:
        """Return how many reports are not counted, because they are not clear about it."""
        return self.positive_unclear + self.negative_unclear
