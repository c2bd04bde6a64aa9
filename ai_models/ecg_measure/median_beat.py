"""The typical beat in all twelve leads, with the places at which the intervals were measured."""

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_measure.beats import RATE_HZ
from ai_models.ecg_measure.measure import look_at
from ai_models.ecg_measure.waves import MS, Waves
from ai_models.ecg_signal import independent_leads
from hub.domain.subject import TWELVE_LEADS, EcgBeat, EcgRecord


def median_beat(record: EcgRecord) -> EcgBeat | None:
    """Return the beat on which `measure` measures; None where there are too few leads or beats for one."""
    leads = independent_leads(record)
    looked = look_at(leads, record.rate_hz) if leads is not None else None
    if looked is None or looked.typical is None:
        return None
    beats = len(looked.typical.stack)
    microvolts = _twelve(looked.typical.beat)
    return EcgBeat(TWELVE_LEADS, RATE_HZ, microvolts, looked.rr_ms, beats, _marks(looked.waves))


def _twelve(beat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Einthoven and Goldberger: III, aVR, aVL and aVF from I and II; [8, samples] to [12, samples]."""
    one, two = beat[0], beat[1]
    return np.stack([one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2, *beat[2:]])


def _marks(waves: Waves) -> dict[str, float]:
    p, qrs = waves.p or (None, None), waves.qrs or (None, None)
    found = {
        "p_onset": p[0], "p_offset": p[1], "qrs_onset": qrs[0], "qrs_offset": qrs[1], "t_end": waves.t_end,
    }  # fmt: skip
    return {name: at / MS for name, at in found.items() if at is not None}
