"""The rate that an ECG report states, and the rate that was measured."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "heart-rate"

#: 心率 88 次/分; 心室率约 88 bpm.
STATED = re.compile(r"(?:心率|心室率|频率)[^\d\n。；]{0,6}(\d{2,3})(?:\.\d)?\s*(?:次/分|次／分|bpm|BPM)")
#: Fastest and slowest rate that a word may stand beside, in beats a minute.
TACHYCARDIA, BRADYCARDIA = 95, 65
ALLOWED = 5


def concerns(case: SigningCase) -> Iterable[str]:
    """Compare stated rates, and the words for fast and slow, with what was measured."""
    rate = case.heart_rate
    if rate is None or case.modality != "ECG":
        return
    for stated in dict.fromkeys(STATED.findall(case.words)):
        if abs(int(stated) - rate) > max(ALLOWED, rate * 0.1):
            yield f"报告写心率 {stated} 次/分，测得 {rate:.0f} 次/分"
    if "窦性心动过速" in case.conclusion and rate < TACHYCARDIA:
        yield f"报告写窦性心动过速，测得 {rate:.0f} 次/分"
    if "窦性心动过缓" in case.conclusion and rate > BRADYCARDIA:
        yield f"报告写窦性心动过缓，测得 {rate:.0f} 次/分"
