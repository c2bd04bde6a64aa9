"""The hub's errors: each says what was wrong and what may be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class HubError(Exception):
    """Parent of everything the hub refuses or cannot do."""


class NotKept(HubError):
    """The bytes or their row could not be made durable; the sender should keep them and try again."""


class NotYours(HubError):
    """The thing does not exist for this user: it is another site's, or nobody's."""


@dataclass(frozen=True)
class Sentence:
    """What a person is told, in English: `text` with a `%(name)s` for each of `facts`.

    Whoever shows it in another language finds that by `text` and puts the same facts in.
    """

    text: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.facts if self.facts else self.text


class Refused(HubError):
    """The request is understood and not allowed; `sentences` say why, for a person."""

    def __init__(self, text: str, **facts: object) -> None:
        """Say `text` with its `facts`, as a Sentence does."""
        super().__init__(str(Sentence(text, facts)))
        self.sentences: tuple[Sentence, ...] = (Sentence(text, facts),)

    @classmethod
    def for_all(cls, sentences: Iterable[Sentence]) -> "Refused":
        """Return the refusal that says several sentences at once."""
        said = tuple(sentences)
        refusal = cls("; ".join(map(str, said)))
        refusal.sentences = said
        return refusal


class Changed(HubError):
    """What was shown is no longer true; `differences` names what changed."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        super().__init__("changed since the page was loaded: " + ", ".join(differences))
        self.differences = differences


class SetupFault(HubError):
    """The hub cannot start as configured; the message names every fault at once."""
