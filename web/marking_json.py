"""A study's marks as the reading page's script reads them."""

from typing import Any

from hub.store.markings import Standing
from web.case_json import instant


def marking_json(marks: Standing) -> dict[str, Any]:
    """Return the marks and key images as they stand; version 0 where there are none."""
    return {
        "version": marks.version, "marks": list(marks.marks), "keyImages": list(marks.key_images),
        "by": marks.by, "at": instant(marks.at),
    }  # fmt: skip
