"""Which classes of pictures some finding model may read, from the cards alone: no model is loaded for it."""

import json
from pathlib import Path

from ai_models.catalogue import FINDINGS


def picture_classes(folder: Path = FINDINGS) -> frozenset[str] | None:
    """Return the SOP Class UIDs of pictures that a model of `folder` may read.

    None where a card cannot be read or does not say (`sop_classes`): then only the models can tell.
    """
    classes: set[str] = set()
    for card in sorted(folder.glob("*/card.json")):
        try:
            said = json.loads(card.read_text(encoding="utf-8"))
            if said["kind"] == "image":
                classes.update(str(uid) for uid in said["sop_classes"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return frozenset(classes)
