"""A model's card: one record of facts and figures, written for machines and for people from the same
values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_models.catalogue import digest


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
    #: For a model of pictures: the SOP Class UIDs that it may read.
    sop_classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation of weights says: its figures, and the sections of sentences that follow from it."""

    figures: list[Figure]
    sections: dict[str, list[str]]


def write_card(card: Card, weights: Path, inputs: list[Any], parity: float) -> None:
    """Write card.json and card.md beside `weights`; `inputs` is the shape of its input, axes by name or
    size."""
    record = {
        "name": card.name,
        "version": card.version,
        "kind": card.kind,
        **({"sop_classes": list(card.sop_classes)} if card.sop_classes else {}),
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
        "plots": sorted(path.name for path in weights.parent.glob("*.png")),
    }
    _write(record, weights.parent)


def write_again(folder: Path, said: Evaluated) -> None:
    """Write the card of `folder` again with the figures and sections of an evaluation of its weights."""
    record = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    rewrite(
        folder,
        figures=[figure.as_json() for figure in said.figures],
        sections=record["sections"] | said.sections,
        plots=sorted(path.name for path in folder.glob("*.png")),
    )


def rewrite(folder: Path, **changed: Any) -> None:
    """Write the card of `folder` again with some of its parts `changed`; the weights stay as they are."""
    record = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    _write(record | changed, folder)


def _write(record: dict[str, Any], folder: Path) -> None:
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")
    (folder / "card.md").write_text(_markdown(record), encoding="utf-8")


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
    lines += ["", *_evaluation(record.get("evaluation", []))]
    if "eight_bits" in record:
        lines += ["## 8 bits", "", f"* {record['eight_bits']['sentence']}", ""]
    lines += [*_plot(record.get("plots", [])), *_sections(record["sections"], before_figures=False)]
    return "\n".join(lines).rstrip() + "\n"


FIRST = ("Intended use", "Data", "Method", "What was tried")


def _sections(sections: dict[str, list[str]], before_figures: bool) -> list[str]:
    lines: list[str] = []
    for title, sentences in sections.items():
        if (title in FIRST) == before_figures:
            lines += [f"## {title}", "", *(f"* {sentence}" for sentence in sentences), ""]
    return lines


WHOLE_OBJECTS = (
    "Header, pixels and gate together (`python -m benchmarks.scope`, seeded), on sets that chose nothing of "
    "the gate. Wanted: at least 99 % of what should be refused, at most 1 % of what should be read. The made "
    "lateral is drawn from frontal films; how many true laterals are stopped is therefore hardly known."
)


def _evaluation(rows: list[dict[str, Any]]) -> list[str]:
    """The scope gate's table of whole objects (benchmarks/scope.py)."""
    if not rows:
        return []
    lines = [
        "## Whole objects",
        "",
        "Header, pixels and gate together, on sets not learnt from; its versions were compared on them.",
        "",
    ]
    lines += [
        "| object | header | should be | n | refused | 95 % interval | reached |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        share, bounds = row["refused"] / row["n"], f"{row['low']:.1%}–{row['high']:.1%}"
        lines.append(
            f"| {row['kind']} | {row['header']} | {row['should_be']} | {row['n']} "
            f"| {row['refused']} ({share:.1%}) | {bounds} | {'yes' if row['reached'] else 'no'} |"
        )
    return [*lines, ""]


def _plot(names: list[str]) -> list[str]:
    return [line for name in names for line in (f"![{name.removesuffix('.png')}]({name})", "")]


def _row(figure: dict[str, Any]) -> str:
    bounds = "" if figure["low"] is None else f"{figure['low']:.3f}–{figure['high']:.3f}"
    return f"| {figure['name']} | {figure['where']} | {figure['n']} | {figure['value']:.3f} | {bounds} |"
