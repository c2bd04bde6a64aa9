"""The images that somebody chose elsewhere: a Key Object Selection Document (PS3.3 A.35.4)."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from dicom.beside.references import Refers, meaning, references, words

CLASS = "1.2.840.10008.5.1.4.1.1.88.59"


@dataclass(frozen=True)
class Selection:
    """Which frames were chosen, why (the document's title), what was said, by whom."""

    title: str
    words: str
    by: str
    images: tuple[Refers, ...]


def selection_of(dataset: Dataset) -> Selection:
    """Return the selection. Broken elements raise whatever pydicom makes of them."""
    items = list(dataset.get("ContentSequence") or [])
    said = [words(one, "TextValue") for one in items if words(one, "ValueType") == "TEXT"]
    names = [words(one, "PersonName") for one in items if words(one, "ValueType") == "PNAME"]
    images = [ref for one in items for ref in references(one.get("ReferencedSOPSequence") or [])]
    return Selection(
        meaning(dataset, "ConceptNameCodeSequence"), " ".join(said), names[0] if names else "",
        tuple(images),
    )  # fmt: skip
