"""All measurements of one ECG, each a value or the reason why there is none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_filter import filtered
from ai_models.ecg_measure.axis import axis_degrees
from ai_models.ecg_measure.beats import RATE_HZ, find_beats
from ai_models.ecg_measure.typical import Typical, typical_beat
from ai_models.ecg_measure.waves import MS, Waves, find_waves
from ai_models.ecg_signal import at_rate, filled, independent_leads
from hub.domain.finding import Measurement
from hub.domain.subject import EcgRecord

UNITS = {
    "heart_rate": "bpm", "rr": "ms", "p_duration": "ms", "pr": "ms", "qrs": "ms", "qt": "ms",
    "qtc_bazett": "ms", "qtc_fridericia": "ms",
    "axis_p": "degrees", "axis_qrs": "degrees", "axis_t": "degrees",
}  # fmt: skip
METHODS = {
    "heart_rate": "60000 / mean RR",
    "rr": "mean interval between complexes",
    "p_duration": "median beat, main direction of P over 8 leads",
    "pr": "median beat, P onset to QRS onset",
    "qrs": "median beat, slope of 8 leads together",
    "qt": "median beat, QRS onset to T end by tangent",
    "qtc_bazett": "QT / sqrt(RR in s)",
    "qtc_fridericia": "QT / cube root(RR in s)",
    "axis_p": "net areas in I and II",
    "axis_qrs": "net areas in I and II",
    "axis_t": "net areas in I and II",
}
#: Outside of these nothing was measured but an error: name, lowest, highest.
PLAUSIBLE = {
    "heart_rate": (15, 300), "rr": (200, 4000), "p_duration": (30, 220), "pr": (60, 400), "qrs": (40, 260),
    "qt": (180, 720), "qtc_bazett": (260, 800), "qtc_fridericia": (280, 700),
}  # fmt: skip
BASELINE_HZ = 0.5


def measure(record: EcgRecord) -> tuple[Measurement, ...]:
    """Return every measurement named in UNITS, in that order; `value` None with a reason where there is none.

    Needs leads I, II and V1–V6 (or those they follow from) with a rate of 100 Hz or more; µV. Never raises
    for
    a signal without beats.
    """
    leads = independent_leads(record)
    if leads is None:
        return _nothing("too-few-leads")
    seen = look_at(leads, record.rate_hz)
    if seen is None:
        return _nothing("no-beats")
    values: dict[str, float | None] = {"rr": seen.rr_ms, "heart_rate": 60000.0 / seen.rr_ms}
    if seen.typical is None:
        return _listed(values, dict.fromkeys(UNITS, "too-few-beats"))
    found = _intervals(seen.waves, seen.rr_ms) | _axes(seen.typical, seen.waves)
    return _listed(values | found, _reasons(seen.waves))


@dataclass(frozen=True)
class Looked:
    """What lies behind the values: the mean RR, the typical beat (None with too few beats) and its waves."""

    rr_ms: float
    typical: Typical | None
    waves: Waves


def look_at(leads: NDArray[np.float64], rate_hz: float) -> Looked | None:
    """Find the beats of the independent leads (µV [8, samples]); None with fewer than two."""
    signal = _levelled(at_rate(filled(leads), rate_hz, RATE_HZ))
    peaks = find_beats(signal)
    if len(peaks) < 2:
        return None
    rr_ms = float(np.diff(peaks).mean()) / MS
    typical = typical_beat(signal, peaks)
    if typical is None:
        return Looked(rr_ms, None, Waves())
    waves = find_waves(typical, rr_ms, float(np.percentile(np.diff(peaks), 10)) / MS)
    return Looked(rr_ms, typical, waves)


def _levelled(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    return filtered(signal, BASELINE_HZ, "highpass", RATE_HZ)


def _intervals(waves: Waves, rr_ms: float) -> dict[str, float | None]:
    if waves.qrs is None:
        return {}
    values: dict[str, float | None] = {"qrs": (waves.qrs[1] - waves.qrs[0]) / MS}
    if waves.p:
        values |= {"p_duration": (waves.p[1] - waves.p[0]) / MS, "pr": (waves.qrs[0] - waves.p[0]) / MS}
    if waves.t_end:
        qt, rr = (waves.t_end - waves.qrs[0]) / MS, rr_ms / 1000.0
        corrected = qt / rr ** (1 / 3)
        if PLAUSIBLE["qtc_fridericia"][0] <= corrected <= PLAUSIBLE["qtc_fridericia"][1]:
            values |= {"qt": qt, "qtc_bazett": qt / rr**0.5, "qtc_fridericia": corrected}
    return values


def _axes(typical: Typical, waves: Waves) -> dict[str, float | None]:
    spans = {"axis_p": waves.p, "axis_qrs": waves.qrs}
    if waves.qrs and waves.t_end:
        spans["axis_t"] = (waves.qrs[1] + int(40 * MS), waves.t_end)
    values = {}
    for name, span in spans.items():
        if span and waves.qrs:
            start = span[0] if name == "axis_p" else waves.qrs[0]
            level = typical.beat[:2, max(0, start - int(12 * MS)) : start + 1].mean(axis=1, keepdims=True)
            part = typical.beat[:2, span[0] : span[1]] - level
            values[name] = axis_degrees(part[0], part[1])
    return values


def _reasons(waves: Waves) -> dict[str, str]:
    why = dict(waves.why)
    p, t, qrs = why.get("p", ""), why.get("t", ""), why.get("qrs", "")
    return {
        "p_duration": p, "pr": p, "axis_p": p, "qrs": qrs, "axis_qrs": qrs,
        "qt": t, "qtc_bazett": t, "qtc_fridericia": t, "axis_t": t,
    }  # fmt: skip


def _nothing(reason: str) -> tuple[Measurement, ...]:
    return _listed({}, dict.fromkeys(UNITS, reason))


def _listed(values: dict[str, float | None], reasons: dict[str, str]) -> tuple[Measurement, ...]:
    return tuple(_one(name, values.get(name), reasons.get(name, "")) for name in UNITS)


def _one(name: str, value: float | None, reason: str) -> Measurement:
    low, high = PLAUSIBLE.get(name, (-180, 180))
    if value is not None and not low <= value <= high:
        value, reason = None, "implausible"
    if value is None:
        return Measurement(name, None, UNITS[name], METHODS[name], reason or "implausible")
    return Measurement(name, round(value, 1), UNITS[name], METHODS[name])
