"""How an ECG is to be drawn: layout, paper speed, gain, the stretch of time and the marks laid over it."""

from dataclasses import dataclass

from hub.domain.subject import TWELVE_LEADS

#: Paper speeds and gains that electrocardiographs offer (IEC 60601-2-25, 201.12.4).
SPEEDS_MM_S = (12.5, 25.0, 50.0)
GAINS_MM_MV = (5.0, 10.0, 20.0)

#: Each layout's rows, top to bottom, left to right; the rhythm row is added below where `RHYTHM_ROW` has it.
LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "3x4": (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6")),
    "6x2": (("I", "V1"), ("II", "V2"), ("III", "V3"), ("aVR", "V4"), ("aVL", "V5"), ("aVF", "V6")),
    "6x2r": (("I", "V1"), ("II", "V2"), ("III", "V3"), ("aVR", "V4"), ("aVL", "V5"), ("aVF", "V6")),
    "12x1": tuple((lead,) for lead in TWELVE_LEADS),
}
#: Rows of one lead below, which go on from each other: on the narrow paper of a page of nine, 5 s wide, two
#: of them show ten seconds.
RHYTHM_ROWS = {"3x4": 1, "6x2r": 2}
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class EcgMark:
    """A measurement laid over the trace, in ms from the recording's start; no `leads` means all of them."""

    start_ms: float
    end_ms: float
    label: str = ""
    leads: tuple[str, ...] = ()


@dataclass(frozen=True)
class EcgStyle:
    """What the paper looks like; ValueError names the choice that is not one.

    `seconds` is the stretch of time across the whole paper, beginning `start_s` after the recording's start.
    """

    layout: str = "3x4"
    speed: float = 25.0
    gain: float = 10.0
    start_s: float = 0.0
    seconds: float = 10.0
    rhythm: str = "II"
    marks: tuple[EcgMark, ...] = ()
    language: str = "zh"

    def __post_init__(self) -> None:
        _one_of("layout", self.layout, tuple(LAYOUTS))
        _one_of("speed", self.speed, SPEEDS_MM_S)
        _one_of("gain", self.gain, GAINS_MM_MV)
        _one_of("language", self.language, LANGUAGES)
        if not 0 <= self.start_s < 86400 or not 1 <= self.seconds <= 60:
            raise ValueError("an ECG is drawn from 0 s or later, over 1 to 60 seconds")


def _one_of(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        offered = ", ".join(str(choice) for choice in choices)
        raise ValueError(f"ECG {name} {value!r} is not offered; choose one of {offered}")
