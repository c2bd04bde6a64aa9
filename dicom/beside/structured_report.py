"""A structured report as lines of text: the depth, the concept's name and its value (PS3.3 C.17.3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from dicom.beside.references import meaning, words

REPORTS = "1.2.840.10008.5.1.4.1.1.88."
MOST_LINES, DEEPEST, LONGEST_VALUE = 600, 12, 4000
#: Value types with a text of their own, and the element that has it (PS3.3 C.17.3.2.1).
PLAIN = {
    "TEXT": "TextValue", "DATE": "Date", "TIME": "Time", "DATETIME": "DateTime", "PNAME": "PersonName",
    "UIDREF": "UID",
}  # fmt: skip
#: Value types that point at something else; their line says what they point at.
POINTERS = {"IMAGE": "→ image", "WAVEFORM": "→ waveform", "COMPOSITE": "→ object"}


@dataclass(frozen=True)
class Line:
    """One item of the tree."""

    depth: int
    name: str
    value: str


@dataclass(frozen=True)
class Document:
    """A report's title and lines; `flags` tell completion and verification, `cut` that lines are left out."""

    title: str
    at: str
    flags: str
    lines: tuple[Line, ...]
    cut: bool


def document_of(dataset: Dataset) -> Document:
    """Return the report's text. Broken elements raise whatever pydicom makes of them."""
    lines: list[Line] = []
    for line in _lines(dataset, 0):
        if len(lines) == MOST_LINES:
            return _document(dataset, lines, cut=True)
        lines.append(line)
    return _document(dataset, lines, cut=False)


def _document(dataset: Dataset, lines: list[Line], cut: bool) -> Document:
    at = f"{words(dataset, 'ContentDate')}{words(dataset, 'ContentTime')}"
    flags = " ".join(filter(None, (words(dataset, "CompletionFlag"), words(dataset, "VerificationFlag"))))
    title = meaning(dataset, "ConceptNameCodeSequence") or words(dataset, "SeriesDescription")
    return Document(title, at, flags, tuple(lines), cut)


def _lines(parent: Dataset, depth: int) -> Iterator[Line]:
    if depth > DEEPEST:
        return
    for item in parent.get("ContentSequence") or []:
        name, value = meaning(item, "ConceptNameCodeSequence"), _value(item)
        if name or value:
            yield Line(depth, name, value)
        yield from _lines(item, depth + 1)


def _value(item: Dataset) -> str:
    kind = words(item, "ValueType")
    if kind in PLAIN:
        return words(item, PLAIN[kind], LONGEST_VALUE)
    if kind == "CODE":
        return meaning(item, "ConceptCodeSequence")
    if kind == "NUM":
        return _number(item)
    return POINTERS.get(kind, "")


def _number(item: Dataset) -> str:
    measured = item.get("MeasuredValueSequence") or []
    if not measured:
        return meaning(item, "NumericValueQualifierCodeSequence")
    units = measured[0].get("MeasurementUnitsCodeSequence") or []
    unit = words(units[0], "CodeValue") if units else ""
    return f"{words(measured[0], 'NumericValue')} {'' if unit in ('1', '{no units}') else unit}".strip()
