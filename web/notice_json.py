"""Critical notices as the reading page draws them."""

from typing import Any

from hub.store.tables import CriticalNotice
from web.case_json import instant


def notice_json(notice: CriticalNotice) -> dict[str, Any]:
    """Return what the site was told, by whom, and who there knows it."""
    known_by = notice.known_by.display_name if notice.known_by else None
    return {
        "words": notice.words, "by": notice.user.display_name, "at": instant(notice.at),
        "knownBy": known_by, "knownAt": instant(notice.known_at),
    }  # fmt: skip
