"""A model's card: one record of facts and figures, written for machines and for people from the same
values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_models.train.export import digest


@dataclass(frozen=True)
class Figure:
    """One measured value with its 95 % interval, where it was measured and on how many."""

    name: str
    where: str
    n: int
    value: float
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded to what the sample carries."""
        pairs = {"value": self.value, "low": self.low, "high": self.high}
        rounded = {key: None if value is None else round(value, 4) for key, value in pairs.items()}
        return {"name": self.name, "where": self.where, "n": self.n} | rounded


@dataclass(frozen=True)
class Card:
    """Everything the card says; `settings` is what inference needs (thresholds, labels), kept in card.json
    only."""

    name: str
    version: str
    kind: str
    title: str
    sections: dict[str, list[str]]
    figures: list[Figure]
    settings: dict[str, Any]


def write_card(card: Card, weights: Path, inputs: list[Any], parity: float) -> None:
    """Write card.json and card.md beside `weights`; `inputs` is the shape of its input, axes by name or
    size."""
    record = {
        "name": card.name,
        "version": card.version,
        "kind": card.kind,
        "title": card.title,
        "weights": {
            "file": weights.name,
            "sha256": digest(weights),
            "bytes": weights.stat().st_size,
            "input": inputs,
            "largest_difference_from_torch": float(f"{parity:.2g}"),
        },
        "settings": card.settings,
        "figures": [figure.as_json() for figure in card.figures],
        "sections": card.sections,
    }
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    (weights.parent / "card.json").write_text(text + "\n", encoding="utf-8")
    (weights.parent / "card.md").write_text(_markdown(record), encoding="utf-8")


def _markdown(record: dict[str, Any]) -> str:
    weights = record["weights"]
    lines = [
        f"# {record['title']}",
        "",
        f"`{record['name']}` version {record['version']}; weights `{weights['file']}`, "
        f"{weights['bytes'] / 1e6:.1f} MB, SHA-256 `{weights['sha256']}`; "
        f"largest difference from torch {weights['largest_difference_from_torch']:.1e}.",
        "",
    ]
    lines += _sections(record["sections"], before_figures=True)
    lines += ["## Figures", "", "Intervals: 95 %, by drawing whole patients (or blocks) again.", ""]
    lines += ["| figure | measured on | n | value | 95 % interval |", "|---|---|---|---|---|"]
    lines += [_row(figure) for figure in record["figures"]]
    lines += ["", *_sections(record["sections"], before_figures=False)]
    return "\n".join(lines).rstrip() + "\n"


FIRST = ("Intended use", "Data", "Method")


def _sections(sections: dict[str, list[str]], before_figures: bool) -> list[str]:
    lines: list[str] = []
    for title, sentences in sections.items():
        if (title in FIRST) == before_figures:
            lines += [f"## {title}", "", *(f"* {sentence}" for sentence in sentences), ""]
    return lines


def _row(figure: dict[str, Any]) -> str:
    bounds = "" if figure["low"] is None else f"{figure['low']:.3f}–{figure['high']:.3f}"
    return f"| {figure['name']} | {figure['where']} | {figure['n']} | {figure['value']:.3f} | {bounds} |"
