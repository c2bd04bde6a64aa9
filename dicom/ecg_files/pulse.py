"""The calibration pulse that some electrocardiographs append to the leads: no heart made it."""

import numpy as np

#: Leads that carry the same within this are not fed by electrodes.
ALIKE_UV = 20.0
PULSE_UV, NEAR_UV = 1000.0, 50.0
SHORTEST_PULSE_S, LONGEST_TAIL_S = 0.1, 1.5


def without_pulse(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return µV [lead, sample] without a last stretch in which all leads show one 1 mV pulse alike.

    Philips writes ten seconds of ECG and a second with the pulse; measured with the rest it would be
    an ST elevation in every lead.
    """
    if len(samples) < 3:
        return samples
    differ = np.flatnonzero(np.ptp(samples, axis=0) > ALIKE_UV)
    start = int(differ[-1]) + 1 if differ.size else 0
    tail = samples[:, start:]
    high = int((np.abs(tail - PULSE_UV) < NEAR_UV).all(axis=0).sum())
    whole = start >= rate_hz and tail.shape[1] <= LONGEST_TAIL_S * rate_hz
    return samples[:, :start] if whole and high >= SHORTEST_PULSE_S * rate_hz else samples
