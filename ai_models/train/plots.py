"""The card's pictures: what was promised against what came, and how the training went."""

import csv
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

matplotlib.use("Agg")
from matplotlib import pyplot

BINS = 10


def calibration_plot(parts: Mapping[str, tuple[NDArray, NDArray]], path: Path) -> None:
    """Draw, for each named (truth, probability), the share that came true over the probability promised."""
    figure, axes = pyplot.subplots(figsize=(4.2, 4.2), dpi=100)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for name, (truth, chance) in parts.items():
        axes.plot(*_reliability(np.ravel(truth), np.ravel(chance)), marker="o", label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability said", ylabel="share that has it")
    axes.legend(fontsize=8)
    _save(figure, path)


def training_plot(log: Path, path: Path) -> None:
    """Draw every column of a log.csv over the epochs."""
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    figure, axes = pyplot.subplots(figsize=(6, 3.6), dpi=100)
    epochs = [int(row["epoch"]) for row in rows]
    for name in [key for key in rows[0] if key not in ("epoch", "seconds")]:
        axes.plot(epochs, [float(row[name]) for row in rows], marker=".", label=name)
    axes.set(xlabel="epoch")
    axes.legend(fontsize=8)
    _save(figure, path)


def _reliability(truth: NDArray, chance: NDArray) -> tuple[list[float], list[float]]:
    slots = np.minimum((chance * BINS).astype(int), BINS - 1)
    used = [slot for slot in range(BINS) if (slots == slot).sum() >= 5]
    return [float(chance[slots == s].mean()) for s in used], [float(truth[slots == s].mean()) for s in used]


def _save(figure: "pyplot.Figure", path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)
