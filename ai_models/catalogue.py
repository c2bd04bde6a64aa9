"""What a finding model's folder says of it: card.json, and whether the weights are the ones named there."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

FINDINGS = Path(__file__).parent / "findings"


class BrokenModel(Exception):
    """The folder cannot be used as it is; `reason` is a key of ai_models.reasons."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Catalogue:
    """The part of card.json that inference needs; `input` are the axes' sizes, or names of moving axes."""

    name: str
    version: str
    kind: str
    weights: Path
    sha256: str
    input: tuple[int | str, ...]
    settings: dict[str, Any]


def read_catalogue(folder: Path) -> Catalogue:
    """Read `folder`/card.json. Raises BrokenModel when it is missing or lacks something."""
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        weights = card["weights"]
        return Catalogue(
            name=str(card["name"]),
            version=str(card["version"]),
            kind=str(card["kind"]),
            weights=folder / Path(weights["file"]).name,
            sha256=str(weights["sha256"]),
            input=tuple(weights["input"]),
            settings=dict(card["settings"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenModel("card-unreadable") from error


def check_weights(catalogue: Catalogue) -> None:
    """Raise BrokenModel unless the weight file is there and has the digest of the card."""
    try:
        found = digest(catalogue.weights)
    except OSError as error:
        raise BrokenModel("weights-missing") from error
    if found != catalogue.sha256:
        raise BrokenModel("weights-digest")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    return sha256(path.read_bytes()).hexdigest()
