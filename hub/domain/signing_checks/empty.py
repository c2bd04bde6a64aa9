"""An impression that says nothing."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "empty"

SAYS = re.compile(r"[\w\u3400-\u9fff\U00020000-\U0003ffff]")


def concerns(case: SigningCase) -> Iterable[str]:
    """Ask about an impression without a word."""
    if not SAYS.search(case.text.impression):
        yield "诊断意见为空"
