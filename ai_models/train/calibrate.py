"""Make a network's answers mean what they say: one slope and constant for its logits (Platt 1999)."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize


def platt(logits: NDArray, truth: NDArray, steady: float = 1e-3) -> tuple[float, float]:
    """Return slope and constant of the logistic of `slope × logit + constant` that fits `truth` best.

    `steady` pulls the slope towards 1, so that few cases do not make the model sure of itself.
    """
    logit, sign = np.ravel(logits).astype(float), np.where(np.ravel(truth) > 0.5, 1.0, -1.0)

    def loss(weights: NDArray) -> float:
        miss = np.logaddexp(0, -sign * (weights[0] * logit + weights[1])).mean()
        return float(miss + steady * (weights[0] - 1) ** 2)

    slope, constant = minimize(loss, np.array([1.0, 0.0])).x.tolist()
    return round(slope, 5), round(constant, 5)


def logit(probability: NDArray) -> NDArray[np.float64]:
    """Return the log odds of probabilities, kept finite."""
    kept = np.clip(np.asarray(probability, dtype=float), 1e-7, 1 - 1e-7)
    return np.asarray(np.log(kept / (1 - kept)))
