"""What the rules are applied to: beats, pauses, and ST by lead, measured from the full-rate signal."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_filter import filtered
from ai_models.ecg_measure.beats import RATE_HZ, find_beats
from ai_models.ecg_measure.typical import Typical, typical_beat
from ai_models.ecg_measure.waves import MS, find_waves
from ai_models.ecg_signal import at_rate, filled
from hub.domain.finding import Measurement
from hub.domain.subject import EcgRecord

BASELINE_HZ = 0.5
#: A slower filter for ST: half a hertz would tilt the segment that is measured.
ST_BASELINE_HZ = 0.05
FLAT_UV = 20.0
BEFORE_QRS_MS = (24.0, 8.0)
ST_HALF_MS = 6.0


@dataclass(frozen=True)
class Facts:
    """Measured facts: `rr_ms` between the beats in order, `edge_ms` the beatless stretches at both ends.

    `measured` holds the measurements by name that have a value. `st_uv` gives µV by lead for a time after J.
    """

    leads: tuple[str, ...]
    rr_ms: tuple[float, ...] = ()
    edge_ms: tuple[float, float] = (0.0, 0.0)
    measured: dict[str, float] = field(default_factory=dict)
    typical: Typical | None = None
    qrs: tuple[int, int] | None = None

    @property
    def rate(self) -> float | None:
        """Mean ventricular rate in bpm; None with fewer than two beats."""
        return 60_000.0 / float(np.mean(self.rr_ms)) if self.rr_ms else None

    def st_uv(self, after_j_ms: float) -> dict[str, float]:
        """Return the ST level against the PR segment, `after_j_ms` after the end of QRS, in µV by lead."""
        if self.typical is None or self.qrs is None:
            return {}
        onset, end = self.qrs
        before = slice(max(0, onset - int(BEFORE_QRS_MS[0] * MS)), max(1, onset - int(BEFORE_QRS_MS[1] * MS)))
        middle, half = end + int(after_j_ms * MS), int(ST_HALF_MS * MS)
        beat = self.typical.beat
        level = beat[:, middle - half : middle + half + 1].mean(axis=1) - beat[:, before].mean(axis=1)
        return dict(zip(self.leads, (float(value) for value in level), strict=True))


def facts_of(record: EcgRecord, measurements: tuple[Measurement, ...]) -> Facts:
    """Return the facts of a recording from the leads that carry a signal; never raises without beats."""
    measured = {one.name: one.value for one in measurements if one.value is not None}
    signal = filled(np.asarray(record.microvolts, dtype=np.float64))
    moving = np.ptp(signal, axis=1) >= FLAT_UV
    leads = tuple(lead for lead, is_so in zip(record.leads, moving, strict=True) if is_so)
    if not leads or not np.isfinite(signal[moving]).all():
        return Facts(leads, measured=measured)
    signal = at_rate(signal[moving], record.rate_hz, RATE_HZ)
    level = _without_baseline(signal, BASELINE_HZ)
    peaks = find_beats(level)
    if not len(peaks):
        return Facts(leads, measured=measured)
    edges = (float(peaks[0]) / MS, float(signal.shape[1] - 1 - peaks[-1]) / MS)
    rr = tuple(float(value) / MS for value in np.diff(peaks))
    typical, qrs = _beat(signal, level, peaks, rr)
    return Facts(leads, rr, edges, measured, typical, qrs)


def _beat(
    signal: NDArray[np.float64], level: NDArray[np.float64], peaks: NDArray[np.int64], rr: tuple[float, ...]
) -> tuple[Typical | None, tuple[int, int] | None]:
    """Return the typical beat with its ST untouched by a filter, and where its QRS begins and ends."""
    found = typical_beat(level, peaks)
    if found is None:
        return None, None
    waves = find_waves(found, float(np.mean(rr)), float(np.percentile(rr, 10)))
    return typical_beat(_without_baseline(signal, ST_BASELINE_HZ), peaks), waves.qrs


def _without_baseline(signal: NDArray[np.float64], hertz: float) -> NDArray[np.float64]:
    middle = np.median(signal, axis=1, keepdims=True)
    return filtered(signal - middle, hertz, "highpass", RATE_HZ)
