"""The chest pack in memory: squares of 224 px with label, source, patient and radiologists' class."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_models.findings.chest_pneumonia.model import as_trained
from ai_models.train.pictures import Shards, grey, squashed

SIDE = 224
CHILDREN, ADULTS = "kermany2018", "nih_chestxray14"
#: What the radiologists' class says of pneumonia, where radiologists read the NIH film too (RSNA 2018).
RSNA_LABEL = {"Lung Opacity": 1.0, "Normal": 0.0, "No Lung Opacity / Not Normal": 0.0}


@dataclass(frozen=True)
class ChestSet:
    """`pixels` uint8 [n, side, side]; `labels` 0/1 [n]; `rows` the pack's own rows."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.float32]
    rows: list[dict[str, str]]

    def column(self, name: str) -> NDArray:
        """Return one column of the pack's table."""
        return np.array([row[name] for row in self.rows])

    def only(self, chosen: NDArray) -> "ChestSet":
        """Return the chosen rows (a mask or row numbers)."""
        numbers = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return ChestSet(self.pixels[numbers], self.labels[numbers], [self.rows[i] for i in numbers])


def load_chest(folder: Path, split: str) -> ChestSet:
    """Read one split of the pack: train, val or test."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    shards = Shards(folder)
    pixels = np.stack([as_read(grey(shards.read(row["shard"], row["file"]))) for row in rows])
    labels = np.array([row["label"] == "pneumonia" for row in rows], np.float32)
    return ChestSet(pixels, labels, rows)


def as_read(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a film as the network will be given it: what is not yet a square of 224 px is made one and
    coded as the children's pictures were."""
    if pixels.shape == (SIDE, SIDE):
        return pixels
    return np.asarray(as_trained(Image.fromarray(squashed(pixels, SIDE))))


def training_targets(data: ChestSet) -> NDArray[np.float32]:
    """Return the labels with the radiologists' word put over the text-mined one where there is one."""
    targets = data.labels.copy()
    for index, row in enumerate(data.rows):
        targets[index] = RSNA_LABEL.get(row["rsna_class"], targets[index])
    return targets


def epoch_order(data: ChestSet, targets: NDArray, seed: int) -> NDArray[np.int64]:
    """Return the rows of one epoch: every normal child, as many with pneumonia, every adult twice."""
    generator = np.random.default_rng(seed)
    child = data.column("source") == CHILDREN
    normal, ill = np.flatnonzero(child & (targets < 0.5)), np.flatnonzero(child & (targets > 0.5))
    adults = np.repeat(np.flatnonzero(~child), 2)
    return generator.permutation(
        np.concatenate([normal, generator.choice(ill, len(normal), replace=False), adults])
    )
