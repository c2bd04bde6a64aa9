"""Electrodes in each other's place, told by how well the leads then explain one another.

Limb leads can largely be worked out from the chest leads, and a chest lead from its neighbours. Where the
record explains itself far better with two electrodes exchanged back, they are exchanged (after Kors and van
Herpen, 2001, who compared reconstructed with recorded leads). Weights and limits: places.json, made and
checked by `benchmarks/ecg_quality.py` on PTB-XL folds 1 to 7 and 8.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_filter import filtered
from ai_models.ecg_signal import INDEPENDENT

Matrix = NDArray[np.float64]

RATE_HZ, BAND_HZ = 100.0, (0.7, 30.0)
LIMBS, CHEST = [0, 1], [2, 3, 4, 5, 6, 7]


@dataclass(frozen=True)
class Exchange:
    """One way to misplace electrodes: `back` undoes it on the eight leads."""

    code: str
    leads: tuple[str, ...]
    back: Matrix


@cache
def exchanges() -> tuple[Exchange, ...]:
    """Return every exchange that is looked for."""
    limb = {
        "swapped-la-ra": ((-1, 0), (-1, 1)),
        "swapped-ra-ll": ((1, -1), (0, -1)),
        "swapped-la-ll": ((0, 1), (1, 0)),
    }
    found = [
        Exchange(code, ("I", "II", "III", "aVR", "aVL", "aVF"), _with_limbs(rows))
        for code, rows in limb.items()
    ]
    for first in CHEST[:-1]:
        pair = [first, first + 1]
        back = np.eye(8)
        back[pair] = back[pair[::-1]]
        found.append(Exchange("swapped-chest", tuple(INDEPENDENT[n] for n in pair), back))
    back = np.eye(8)
    back[CHEST] = back[CHEST[::-1]]
    found.append(Exchange("reversed-chest", INDEPENDENT[2:], back))
    return tuple(found)


@cache
def relations() -> tuple[tuple[list[int], list[int]], ...]:
    """Return which leads are explained by which: limbs by chest and back, each chest pair by the rest."""
    pairs = [[first, first + 1] for first in CHEST[:-1]]
    rest = [[lead for lead in range(8) if lead not in pair] for pair in pairs]
    return ((LIMBS, CHEST), (CHEST, LIMBS), *zip(pairs, rest, strict=True))


def misplaced(leads: Matrix) -> tuple[str, list[str]]:
    """Return the code and leads of the likeliest exchange in µV [8, samples] at 100 Hz; "" where none is."""
    scores = gains(shares(leads))
    over = {name: score for name, score in scores.items() if score > _limits()[name]}
    if not over:
        return "", []
    best = next(one for one in exchanges() if name_of(one) == max(over, key=lambda name: over[name]))
    return best.code, list(best.leads)


def shares(leads: Matrix) -> Matrix:
    """Return the leads' covariance [8, 8] as shares of the whole energy, between baseline and noise."""
    band = filtered(leads, BAND_HZ, "bandpass", RATE_HZ)
    covariance = band @ band.T / band.shape[-1]
    return np.asarray(covariance / max(float(np.trace(covariance)), 1e-9))


def gains(covariance: Matrix) -> dict[str, float]:
    """Return for each exchange how much better the leads agree once it is undone (a sum of logarithms)."""
    now = disagreement(covariance)
    return {name_of(one): now - disagreement(one.back @ covariance @ one.back.T) for one in exchanges()}


def disagreement(covariance: Matrix) -> float:
    """Return the sum over all relations of the log of the energy that some leads do not explain of others."""
    unexplained, whole = _squares()
    left = np.einsum("kij,ij->k", unexplained, covariance)
    own = np.einsum("ki,ii->k", whole, covariance)
    return float(np.log(np.maximum(left / np.maximum(own, 1e-9), 1e-4)).sum())


@cache
def _squares() -> tuple[Matrix, Matrix]:
    """Return for each relation the form [8, 8] that gives the energy left unexplained, and the leads told."""
    unexplained, whole = [], []
    for (told, by), weights in zip(relations(), _weights(), strict=True):
        rest = np.zeros((len(told), 8))
        rest[np.arange(len(told)), told] = 1
        rest[:, by] -= weights.T
        unexplained.append(rest.T @ rest)
        whole.append(np.isin(np.arange(8), told).astype(float))
    return np.stack(unexplained), np.stack(whole)


def name_of(one: Exchange) -> str:
    """Return the name of an exchange in places.json."""
    return " ".join((one.code, *one.leads)) if one.code == "swapped-chest" else one.code


def _with_limbs(rows: tuple[tuple[int, int], tuple[int, int]]) -> Matrix:
    back = np.eye(8)
    back[:2, :2] = rows
    return back


@cache
def _fitted() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "places.json").read_text("utf-8")))


@cache
def _weights() -> tuple[Matrix, ...]:
    return tuple(np.array(weights) for weights in _fitted()["weights"])


@cache
def _limits() -> dict[str, float]:
    return {name: float(limit) for name, limit in _fitted()["limits"].items()}
