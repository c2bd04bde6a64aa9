"""What a finding model is given: a picture with the facts of its header, or an ECG."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.domain.subject import EcgRecord, ImageFacts


@dataclass(frozen=True)
class Picture:
    """`pixels` uint8 [rows, columns] or [rows, columns, 3], as shown to the doctor (black is little dose
    blocked)."""

    pixels: NDArray[np.uint8]
    facts: ImageFacts


Subject = Picture | EcgRecord


def kind_of(subject: object) -> str:
    """Return "image" or "ecg"; empty for anything else."""
    if isinstance(subject, Picture):
        return "image"
    return "ecg" if isinstance(subject, EcgRecord) else ""
