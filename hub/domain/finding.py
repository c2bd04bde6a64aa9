"""What a pre-read says about one image or one ECG."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
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


#: Why P, PR and the axis of P have no value where atrial fibrillation or flutter is called.
NO_P_OF_ITS_OWN = "fibrillation-or-flutter"
#: Rhythms without a P wave before each complex, and the values that are of one.
NO_P_RHYTHMS = ("rhythm_AFIB", "rhythm_AFLT")
OF_P = ("p_duration", "pr", "axis_p")


@dataclass(frozen=True)
class Remark:
    """What stands beside an assessment: of an ECG what is technically wrong, in which leads; `grave` when it
    forbids an assessment."""

    code: str
    label_zh: str
    label_en: str
    leads: tuple[str, ...] = ()
    grave: bool = False


@dataclass(frozen=True)
class Alert:
    """A rule of a rule pack that a measured value met: a hint that a person confirms or dismisses.

    `pack` names the pack with its version; `value`, `limit` and `unit` are what was compared.
    """

    code: str
    text_zh: str
    text_en: str
    pack: str
    value: float
    limit: float
    unit: str
    leads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One sentence of an ECG's reading after contradictions were resolved; `group` orders them."""

    code: str
    group: str
    text_zh: str
    text_en: str
    probability: float


#: The parts of a reading that are lists of records whose fields are plain.
PLAIN = ("measurements", "remarks", "alerts", "statements")


@dataclass(frozen=True)
class Reading:
    """What one model said about one object, or why it said nothing.

    `reason` is a sentence key such as "out-of-scope:modality" and is empty when `assessed`.
    `weight_digest` is the SHA-256 of the weight file in hex, empty when there was none to load.
    `remarks` stand beside an assessment and change nothing in it; `alerts`, `statements` and `unchecked` are
    an ECG's: by measured rules, what the findings come to, and the rules that could not be applied, each with
    the reason. An ECG's alerts and remarks stand also where nothing was assessed.
    `provider` is what ran the network, `fell_back` that another was asked for.
    `inputs` are plain figures of what the model was shown, for seeing whether that drifts.
    `site_thresholds` names the version of each threshold that the site set for itself, by finding.
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
    remarks: tuple[Remark, ...] = ()
    alerts: tuple[Alert, ...] = ()
    statements: tuple[Statement, ...] = ()
    unchecked: tuple[tuple[str, str], ...] = ()
    provider: str = ""
    fell_back: bool = False
    inputs: dict[str, float] = field(default_factory=dict)
    site_thresholds: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the reading as plain lists, dictionaries, numbers and strings."""
        return {
            **vars(self),
            "findings": [_finding_json(finding) for finding in self.findings],
            **{name: [dict(vars(one)) for one in getattr(self, name)] for name in PLAIN},
        }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {**vars(finding), "boxes": [dict(vars(box)) for box in finding.boxes]}


def without_p(measurements: tuple[Measurement, ...], called: Collection[str]) -> tuple[Measurement, ...]:
    """Take back what was measured of P where the findings that were `called` leave none.

    In fibrillation and flutter it is a wave of another kind.
    """
    if not set(NO_P_RHYTHMS) & set(called):
        return measurements
    return tuple(
        replace(one, value=None, reason=NO_P_OF_ITS_OWN) if one.name in OF_P else one for one in measurements
    )


def reading_from(said: dict[str, Any]) -> Reading:
    """Return the reading that `Reading.as_json` wrote, lists turned back into tuples.

    Of one that was kept before P was taken back in fibrillation, that is done here.
    """
    findings = tuple(_finding_from(finding) for finding in said["findings"])
    measurements = tuple(Measurement(**measured) for measured in said["measurements"])
    measurements = without_p(measurements, _called(said))
    more: dict[str, Any] = {
        "remarks": tuple(Remark(**_leads_back(one)) for one in said.get("remarks", ())),
        "alerts": tuple(Alert(**_leads_back(one)) for one in said.get("alerts", ())),
        "statements": tuple(Statement(**one) for one in said.get("statements", ())),
        "unchecked": tuple((rule, why) for rule, why in said.get("unchecked", ())),
    }
    return Reading(**{**said, "findings": findings, "measurements": measurements, **more})


def _called(said: dict[str, Any]) -> set[str]:
    """Return the codes of what stands after contradictions were resolved, or was over threshold before."""
    stated = {one["code"] for one in said.get("statements", ())}
    return stated or {one["code"] for one in said["findings"] if one["positive"]}


def _leads_back(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "leads": tuple(said["leads"])}


def _finding_from(said: dict[str, Any]) -> Finding:
    boxes = tuple(Box(tuple(box["xyxy"]), box["probability"]) for box in said["boxes"])
    interval = said["interval_ms"]
    return Finding(
        **{**said, "boxes": boxes, "leads": tuple(said["leads"]),
           "interval_ms": tuple(interval) if interval else None}
    )  # fmt: skip


def probability_words(probability: float) -> str:
    """Return a probability to two decimals; none is shown as a certainty, for no model gives one."""
    if probability >= 0.995:
        return ">0.99"
    return "<0.01" if probability < 0.005 else f"{probability:.2f}"


def positives(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what the model holds to be present, most probable first."""
    return tuple(sorted((f for f in findings if f.positive), key=lambda f: -f.probability))
