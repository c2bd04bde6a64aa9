"""What a template left to be filled in."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "residue"

RESIDUE = re.compile(r"【[^】\n]*】?|】|__+|\?\?+|？？+|XX+|xx+|××+")
SHOWN = 3


def concerns(case: SigningCase) -> Iterable[str]:
    """Name the first places that were not filled in."""
    found = list(dict.fromkeys(match.group() for match in RESIDUE.finditer(case.words)))
    if found:
        yield f"模板待填处未填完：{'、'.join(found[:SHOWN])}"
