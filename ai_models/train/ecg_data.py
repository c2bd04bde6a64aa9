"""PTB-XL at 100 Hz as tensors: eight independent leads in millivolts, 59 labels, folds, patients."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ai_models.train.ecg_about import parts_of

GROUPS = ("super", "sub", "rhythm", "form")
STORED_STEP_UV = 5  # PTB-XL pack README: amplitudes rounded to 5 µV, first differences zig-zag coded
TRAIN_FOLDS, TUNE_FOLDS, REPORT_FOLDS = tuple(range(1, 8)), (8,), (9,)


@dataclass(frozen=True)
class EcgSet:
    """`microvolts` int16 [n, 8 leads, 1000 samples]; `labels` float32 [n, 59]; `patients` and record
    numbers `ids` [n]."""

    microvolts: NDArray[np.int16]
    labels: NDArray[np.float32]
    patients: NDArray[np.int64]
    ids: NDArray[np.int64]
    names: tuple[str, ...]
    #: Masks of records by whose they are (ecg_about).
    about: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def columns(self, group: str) -> list[int]:
        """Return the label columns of one of the benchmark's groups."""
        return [i for i, name in enumerate(self.names) if name.startswith(group + "_")]


def load_folds(folder: Path, folds: tuple[int, ...]) -> EcgSet:
    """Read the folds `ptbxl100_fold<k>.npz` and `labels.csv` of `folder`."""
    names, rows = _label_table(folder / "labels.csv")
    signals, labels, patients, ids = [], [], [], []
    for fold in folds:
        with np.load(folder / f"ptbxl100_fold{fold}.npz") as pack:
            signals.append(_decode(pack["lo"], pack["hi"]))
            for ecg_id in pack["ecg_id"].tolist():
                patient, values = rows[ecg_id]
                patients.append(patient)
                labels.append(values)
                ids.append(ecg_id)
    return EcgSet(
        np.concatenate(signals),
        np.array(labels, np.float32),
        np.array(patients, np.int64),
        np.array(ids, np.int64),
        names,
        parts_of(folder, np.array(ids, np.int64)),
    )


def training_batches(data: EcgSet, size: int, seed: int) -> list[NDArray[np.int64]]:
    """Return the row numbers of each full batch of one epoch in a seeded random order."""
    order = np.random.default_rng(seed).permutation(len(data.labels))
    return [order[at : at + size] for at in range(0, len(order) - size + 1, size)]


def millivolts(microvolts: NDArray) -> Tensor:
    """Return float32 millivolts with each lead's median removed, limited to ±5 mV."""
    signal = torch.from_numpy(np.ascontiguousarray(microvolts)).float() / 1000.0
    return (signal - signal.median(-1, keepdim=True).values).clamp(-5.0, 5.0)


def augmented(signal: Tensor) -> Tensor:
    """Return a random crop of 9.6 s with its gain, noise and baseline varied and sometimes a lead lost."""
    n, leads, samples = signal.shape
    length = samples * 96 // 100
    start = int(torch.randint(0, samples - length + 1, ()))
    signal = signal[..., start : start + length]
    gain = 1.0 + 0.05 * torch.randn(n, 1, 1)
    noise = 0.02 * torch.rand(n, 1, 1) * torch.randn(n, leads, length)
    time = torch.arange(length) / 100.0
    wander = (
        0.1
        * torch.rand(n, leads, 1)
        * torch.sin(2 * torch.pi * (0.05 + 0.4 * torch.rand(n, 1, 1)) * time + 6.28 * torch.rand(n, leads, 1))
    )
    kept = (torch.rand(n, leads, 1) > 0.02).float()
    return (signal * gain + noise + wander) * kept


def _label_table(path: Path) -> tuple[tuple[str, ...], dict[int, tuple[int, list[float]]]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names = tuple(n for n in reader.fieldnames or () if n.split("_")[0] in GROUPS)
        rows = {
            int(row["ecg_id"]): (int(float(row["patient_id"])), [float(row[n]) for n in names])
            for row in reader
        }
    return names, rows


def _decode(low: NDArray[np.uint8], high: NDArray[np.uint8]) -> NDArray[np.int16]:
    zigzag = low.astype(np.int32) | (high.astype(np.int32) << 8)
    steps = ((zigzag >> 1) ^ -(zigzag & 1)).cumsum(-1) * STORED_STEP_UV
    return steps.astype(np.int16)
