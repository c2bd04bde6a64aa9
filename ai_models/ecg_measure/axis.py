"""The electrical axis in the frontal plane from leads I and II."""

import numpy as np
from numpy.typing import NDArray


def axis_degrees(lead_i: NDArray[np.float64], lead_ii: NDArray[np.float64]) -> float | None:
    """Return the axis in degrees (−180 to 180, 0 leftwards, 90 downwards) of a wave's net areas in
    µV·samples.

    Einthoven's triangle: the vertical part is (2·II − I)/√3. None when the wave has no net direction.
    """
    across = float(lead_i.sum())
    down = float((2 * lead_ii - lead_i).sum()) / np.sqrt(3.0)
    if np.hypot(across, down) < 0.05 * float(np.abs(lead_i).sum() + np.abs(lead_ii).sum()):
        return None
    return float(np.degrees(np.arctan2(down, across)))
