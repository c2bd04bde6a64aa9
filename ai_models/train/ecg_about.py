"""Whose tracings the records are, as far as PTB-XL's rows are at hand (about half of them)."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Recorders by family; PTB-XL names the model and its software.
RECORDERS = {"CS": "recorder CS-12 or CS100", "AT": "recorder AT-6 or AT-60"}
NOISES = {
    "baseline_drift": "baseline drift noted", "static_noise": "static noise noted",
    "burst_noise": "burst noise noted", "pacemaker": "pacemaker noted",
}  # fmt: skip
SEX = {"0": "men", "1": "women"}  # PTB-XL: 0 is male
AGES = {"under 50": (0, 50), "50 to 69": (50, 70), "70 and older": (70, 999)}  # over 89 is stored as 300


def parts_of(folder: Path, ids: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Return a mask of `ids` for each sex, age group, recorder and noise; none without the table."""
    path = folder / "metadata_partial.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        told = {int(row["ecg_id"]): row for row in csv.DictReader(file)}
    rows = [told.get(int(number), {}) for number in ids]
    age = np.array([float(row.get("age") or "nan") for row in rows])
    parts = {word: np.array([row.get("sex") == value for row in rows]) for value, word in SEX.items()}
    parts |= {word: (age >= low) & (age < high) for word, (low, high) in AGES.items()}
    parts |= {
        word: np.array([row.get("device", "").startswith(family) for row in rows])
        for family, word in RECORDERS.items()
    }
    parts |= {
        word: np.array([bool(row.get(name, "").strip()) for row in rows]) for name, word in NOISES.items()
    }
    return parts
