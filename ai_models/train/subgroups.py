"""AUC by subgroup: who was measured apart, so that a mean hides nobody."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ai_models.train.card import Figure
from ai_models.train.figures import auc, interval

#: With fewer of either class a subgroup has no interval: it would say nothing.
FEWEST = 8
DRAWS = 300


def subgroup_figures(
    parts: Mapping[str, NDArray[np.bool_]], truth: NDArray, score: NDArray, groups: NDArray
) -> list[Figure]:
    """Return the AUC of each named part (a mask of rows), with its interval where both classes are enough;
    a part that has only one class is left out."""
    figures = []
    for name, mask in parts.items():
        rows = np.flatnonzero(mask)
        have, have_not = int((truth[rows] > 0.5).sum()), int((truth[rows] < 0.5).sum())
        if not have or not have_not:
            continue
        where = f"{name} ({have} with it)"
        few = min(have, have_not) < FEWEST
        bounds = (None, None) if few else _bounds(truth[rows], score[rows], groups[rows])
        figures.append(Figure("AUC", where, len(rows), auc(truth[rows], score[rows]), *bounds))
    return figures


def by_value(column: NDArray, names: Mapping[str, str]) -> dict[str, NDArray[np.bool_]]:
    """Return a mask for each value of a column that has a name."""
    return {name: column == value for value, name in names.items()}


def macro_figures(
    parts: Mapping[str, NDArray[np.bool_]],
    macro: Callable[[NDArray], float],
    name: str,
    groups: Sequence[int] | NDArray,
) -> list[Figure]:
    """Return a figure that `macro(rows)` works out, for each part with its interval."""
    figures = []
    for where, mask in parts.items():
        rows = np.flatnonzero(mask)
        if len(rows) < 10 * FEWEST:
            continue
        owners = np.asarray(groups)[rows]
        bounds = interval(lambda some, r=rows: macro(r[some]), owners.tolist(), DRAWS)  # type: ignore[misc]
        figures.append(Figure(name, where, len(rows), macro(rows), *bounds))
    return figures


def _bounds(truth: NDArray, score: NDArray, groups: NDArray) -> tuple[float, float]:
    return interval(lambda rows: auc(truth[rows], score[rows]), groups.tolist(), DRAWS)
