"""What a pre-read says about one image or one ECG."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the stored image (column, row), edges included."""

    xyxy: tuple[float, float, float, float]
    probability: float


@dataclass(frozen=True)
class Finding:
    """One thing a model looks for; `positive` when `probability` reaches `threshold`.

    `leads` and `interval_ms` (from the start of the recording) place a finding in an ECG.
    """

    code: str
    label_zh: str
    label_en: str
    probability: float
    threshold: float
    positive: bool
    boxes: tuple[Box, ...] = ()
    leads: tuple[str, ...] = ()
    interval_ms: tuple[float, float] | None = None


@dataclass(frozen=True)
class Measurement:
    """A measured value, or `None` with the reason why it could not be measured.

    Names: heart_rate, rr, p_duration, pr, qrs, qt, qtc_bazett, qtc_fridericia, axis_p, axis_qrs, axis_t.
    Units: bpm, ms, degrees.
    """

    name: str
    value: float | None
    unit: str
    method: str
    reason: str = ""


@dataclass(frozen=True)
class Reading:
    """What one model said about one object, or why it said nothing.

    `reason` is a sentence key such as "out-of-scope:modality" and is empty when `assessed`.
    `weight_digest` is the SHA-256 of the weight file in hex, empty when there was none to load.
    """

    model: str
    version: str
    weight_digest: str
    assessed: bool
    reason: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    milliseconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the reading as plain lists, dictionaries, numbers and strings."""
        return asdict(self)


def reading_from(said: dict[str, Any]) -> Reading:
    """Return the reading that `Reading.as_json` wrote, lists turned back into tuples."""
    findings = tuple(_finding_from(finding) for finding in said["findings"])
    measurements = tuple(Measurement(**measured) for measured in said["measurements"])
    return Reading(**{**said, "findings": findings, "measurements": measurements})


def _finding_from(said: dict[str, Any]) -> Finding:
    boxes = tuple(Box(tuple(box["xyxy"]), box["probability"]) for box in said["boxes"])
    interval = said["interval_ms"]
    return Finding(
        **{**said, "boxes": boxes, "leads": tuple(said["leads"]),
           "interval_ms": tuple(interval) if interval else None}
    )  # fmt: skip


def positives(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what the model holds to be present, most probable first."""
    return tuple(sorted((f for f in findings if f.positive), key=lambda f: -f.probability))
