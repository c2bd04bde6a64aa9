"""Templates and phrases: what a reader starts from, chosen by modality and body part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hub.domain.report import ReportText

#: The whole report of a normal examination; of one finding; a sentence put in while typing.
KINDS = ("normal", "finding", "phrase")


@dataclass(frozen=True)
class Template:
    """A text, and the examinations it fits: modality, and words of body part or description.

    Version 0 is the one that is shipped. Without modalities it fits every one.
    """

    slug: str
    kind: str
    title: str
    text: ReportText
    modalities: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    shortcut: str = ""
    version: int = field(default=0)


def fitting(templates: Iterable[Template], modality: str, *said: str) -> tuple[Template, ...]:
    """Return the templates for `modality` and what the header says of body part and description.

    What is said first counts first; a template that fits whatever the body part comes last.
    """
    heard = " ".join(said).upper()
    places = ((one, _place(one, modality, heard)) for one in templates)
    found = [(one, place) for one, place in places if place is not None]
    return tuple(one for one, _place_ in sorted(found, key=lambda pair: pair[1]))


def normal_text(templates: Sequence[Template]) -> ReportText:
    """Return the text of the first normal template; empty where there is none.

    None is better than one for another organ.
    """
    return next((one.text for one in templates if one.kind == "normal"), ReportText("", ""))


def same_words(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two texts say the same, whatever the spaces and lines."""
    return ["".join(part.split()) for part in one] == ["".join(part.split()) for part in other]


def _place(template: Template, modality: str, heard: str) -> int | None:
    """Return where in `heard` the first of the template's words stands; None where it does not fit."""
    if template.modalities and modality not in template.modalities:
        return None
    if not template.words:
        return len(heard)
    return min((heard.index(word) for word in template.words if word in heard), default=None)
