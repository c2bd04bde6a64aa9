"""What a finding model is given: a picture with the facts of its header, or an ECG."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hub.domain.subject import EcgRecord, ImageFacts

Told = TypeVar("Told")


@dataclass(frozen=True)
class Picture:
    """`pixels` uint8 [rows, columns] or [rows, columns, 3], as shown to the doctor (black is little dose
    blocked)."""

    pixels: NDArray[np.uint8]
    facts: ImageFacts
    #: Not carried over by `replace`: other pixels get other answers.
    _told: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def once(self, ask: Callable[[NDArray[np.uint8]], Told]) -> Told:
        """Return `ask(pixels)`, which is worked out once however many models want to know."""
        name = f"{ask.__module__}.{ask.__qualname__}"
        if name not in self._told:
            self._told[name] = ask(self.pixels)
        answer: Told = self._told[name]
        return answer


Subject = Picture | EcgRecord


def kind_of(subject: object) -> str:
    """Return "image" or "ecg"; empty for anything else."""
    if isinstance(subject, Picture):
        return "image"
    return "ecg" if isinstance(subject, EcgRecord) else ""
