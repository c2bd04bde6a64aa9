"""“Nothing abnormal” beside a finding over threshold, or beside a lesion that was measured."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "normal"

#: A conclusion that calls the examination normal as a whole.
NORMAL = re.compile(
    r"未见(?:明[确显])?(?:骨质)?(?:异常|骨折)|正常范围|正常心电图|(?:心肺|胸片|心、肺、膈).{0,6}正常"
)


def concerns(case: SigningCase) -> Iterable[str]:
    """Compare a conclusion of “nothing abnormal” with the models and the measured marks."""
    if not NORMAL.search(case.conclusion):
        return
    if case.found:
        yield f"报告称未见异常，AI 提示：{'、'.join(case.found)}"
    if case.lesions_mm:
        sizes = "、".join(f"{size:.1f} mm" for size in case.lesions_mm)
        yield f"报告称未见异常，而图上有测量：{sizes}"
