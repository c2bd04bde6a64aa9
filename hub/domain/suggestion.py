"""Draft text from what the models found: a suggestion that a reader takes, changes or leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.domain.finding import Finding, Measurement, Reading, positives
from hub.domain.report import ReportText

#: What a positive finding suggests to write: 检查所见 and 诊断意见.
PHRASES: dict[str, tuple[str, str]] = {
    "pneumonia": ("肺野内见片状密度增高影，边界欠清。", "肺部感染性病变可能，请结合临床。"),
    "fracture": ("骨皮质连续性中断，可见骨折线影。", "考虑骨折。"),
}
#: Measured values that belong in an ECG report, in the order in which they are read out.
ECG_VALUES = {
    "heart_rate": "心率 {:.0f} 次/分", "pr": "PR 间期 {:.0f} ms", "qrs": "QRS 时限 {:.0f} ms",
    "qt": "QT 间期 {:.0f} ms", "qtc_bazett": "QTc(Bazett){:.0f} ms", "axis_qrs": "QRS 电轴 {:.0f}°",
}  # fmt: skip


#: What an ECG model says of a heart that it finds nothing wrong with; everything else is a finding.
NORMAL = frozenset({"super_NORM", "sub_NORM", "rhythm_SR"})
#: Statements that only name the group of a more telling one.
GROUP, RHYTHM = "super_", "rhythm_"
NORMAL_ECG, SINUS_RHYTHM = "sub_NORM", "rhythm_SR"
#: A report that lists more statements than this helps nobody.
MOST_STATEMENTS = 6


@dataclass(frozen=True)
class Suggestion:
    """A draft's text, and which models it came from."""

    text: ReportText
    source: str


def suggestion(readings: Sequence[Reading]) -> Suggestion | None:
    """Return draft text for what the models found to be present, and for what they measured.

    A reading that is not assessed suggests nothing, and the absence of a finding is never put in words:
    a model that finds nothing has not called anything normal.
    """
    assessed = [reading for reading in readings if reading.assessed]
    found = [said for reading in assessed for said in sentences(reading)]
    measured = [m for reading in assessed for m in reading.measurements]
    values = _values(measured)
    if not found and not values:
        return None
    seen = [values] if values else []
    named = {code: zh for code, zh, _en in reversed(found)}
    seen += [_phrases(code, zh)[0] for code, zh in reversed(named.items())]
    impression = [_phrases(code, zh)[1] for code, zh in reversed(named.items())]
    source = "、".join(dict.fromkeys(f"{r.model} {r.version}".strip() for r in assessed))
    return Suggestion(ReportText("\n".join(filter(None, seen)), _numbered(impression)), f"AI {source}")


def sentences(reading: Reading) -> tuple[tuple[str, str, str], ...]:
    """Return code, Chinese and English of what a report would state of an assessed reading.

    An ECG's are its resolved statements: the rhythm first, then the most probable of the others.
    """
    if not reading.statements:
        return tuple((one.code, one.label_zh, one.label_en) for one in told(reading.findings))
    rhythm = [one for one in reading.statements if one.code.startswith(RHYTHM)]
    others = sorted(
        (one for one in reading.statements if one not in rhythm), key=lambda one: -one.probability
    )[: MOST_STATEMENTS - len(rhythm)]
    return tuple((one.code, one.text_zh, one.text_en) for one in (*rhythm, *others))


def abnormal(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the positive findings that are no sign of health, most probable first; groups only if alone."""
    wrong = [finding for finding in positives(tuple(findings)) if finding.code not in NORMAL]
    telling = [finding for finding in wrong if not finding.code.startswith(GROUP)]
    return tuple(telling or wrong)


def told(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what a report would state: the rhythm, then what is wrong, or that the ECG is normal."""
    positive = {finding.code: finding for finding in positives(tuple(findings))}
    wrong = abnormal(findings)[:MOST_STATEMENTS]
    rhythm = [finding for finding in wrong if finding.code.startswith(RHYTHM)]
    if not rhythm and SINUS_RHYTHM in positive:
        rhythm = [positive[SINUS_RHYTHM]]
    if not wrong and NORMAL_ECG in positive:
        return (*rhythm, positive[NORMAL_ECG])
    return (*rhythm, *(finding for finding in wrong if finding not in rhythm))


def _phrases(code: str, label: str) -> tuple[str, str]:
    return PHRASES.get(code, ("", f"{label}。"))


def _values(measured: Sequence[Measurement]) -> str:
    """Name what was measured; a value that could not be is left out, never written as 0."""
    known = {m.name: m.value for m in measured if m.value is not None}
    said = [words.format(known[name]) for name, words in ECG_VALUES.items() if name in known]
    return "，".join(said) + "。" if said else ""


def _numbered(lines: Sequence[str]) -> str:
    kept = [line for line in lines if line]
    if len(kept) < 2:
        return "".join(kept)
    return "\n".join(f"{number}. {line}" for number, line in enumerate(kept, 1))
