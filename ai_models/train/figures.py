"""The figures on the cards: areas under curves, intervals by resampling whole patients, thresholds."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def auc(truth: NDArray, score: NDArray) -> float:
    """Area under the ROC curve by ranks, ties counted half; NaN when one class is absent."""
    truth = np.asarray(truth) > 0.5
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def macro_auc(truth: NDArray, score: NDArray) -> float:
    """Mean AUC over the columns that have both classes."""
    areas = [auc(truth[:, column], score[:, column]) for column in range(truth.shape[1])]
    return float(np.nanmean(areas))


def interval(
    statistic: Callable[[NDArray], float], groups: Sequence[object], draws: int = 1000, seed: int = 7
) -> tuple[float, float]:
    """95 % percentile interval of `statistic(rows)` over draws of whole groups with replacement.

    `groups` names the patient (or block) of each row. Draws on which the statistic is undefined are left out.
    """
    _, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        chosen = generator.integers(0, len(members), len(members))
        values.append(statistic(np.concatenate([members[index] for index in chosen])))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def threshold_for_f1(truth: NDArray, score: NDArray) -> float:
    """Threshold with the best F1, between that score and the next lower one; 0.5 when nothing is positive."""
    order = np.argsort(-score)
    ranked, hits = score[order], np.cumsum(truth[order] > 0.5)
    total = int(hits[-1]) if len(hits) else 0
    if not total:
        return 0.5
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + total)
    last = int(np.argmax(f1))
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)


def confusion(truth: NDArray, positive: NDArray) -> dict[str, float]:
    """Sensitivity, specificity, accuracy, precision and F1 of yes/no calls."""
    truth, positive = np.asarray(truth) > 0.5, np.asarray(positive, dtype=bool)
    hits, alarms = float((truth & positive).sum()), float((~truth & positive).sum())
    misses, rests = float((truth & ~positive).sum()), float((~truth & ~positive).sum())
    return {
        "sensitivity": _ratio(hits, hits + misses),
        "specificity": _ratio(rests, rests + alarms),
        "accuracy": _ratio(hits + rests, hits + rests + alarms + misses),
        "precision": _ratio(hits, hits + alarms),
        "f1": _ratio(2 * hits, 2 * hits + alarms + misses),
    }


def calibration_error(truth: NDArray, score: NDArray, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins of the score."""
    slots = np.minimum((score * bins).astype(int), bins - 1)
    total = 0.0
    for slot in range(bins):
        chosen = slots == slot
        if chosen.any():
            total += chosen.mean() * abs(truth[chosen].mean() - score[chosen].mean())
    return float(total)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
