"""Second-order Butterworth filters without phase shift, each designed once."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Band = float | tuple[float, float]


def filtered(signal: NDArray[np.float64], hertz: Band, kind: str, rate_hz: float) -> NDArray[np.float64]:
    """Return [leads, samples] after a "highpass", "lowpass" or "bandpass" forwards and backwards."""
    return np.asarray(sosfiltfilt(_sections(hertz, kind, rate_hz), signal, axis=-1))


@lru_cache(maxsize=64)
def _sections(hertz: Band, kind: str, rate_hz: float) -> NDArray[np.float64]:
    return np.asarray(butter(2, hertz, kind, fs=rate_hz, output="sos"))
