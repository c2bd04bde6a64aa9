"""The ECG card: calibration and thresholds from fold 8, figures of fold 9 by patient, as the PTB-XL benchmark
counts them."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.session import Session
from ai_models.train.calibrate import logit, platt
from ai_models.train.card import Card, Evaluated, Figure, write_card
from ai_models.train.ecg import group_macro
from ai_models.train.ecg_data import GROUPS, EcgSet, millivolts
from ai_models.train.ecg_words import misses, sections
from ai_models.train.export import export
from ai_models.train.figures import auc, calibration_error, confusion, interval, macro_auc, threshold_for_f1
from ai_models.train.loop import Plan
from ai_models.train.plots import calibration_plot
from ai_models.train.subgroups import macro_figures
from ai_models.train.tried import ECG, TITLE

VERSION = "0.3.0"
#: Labels with fewer positives in fold 8 get no threshold of their own from it: one case would decide.
FEWEST = 8
PUBLISHED = {"super": 0.928, "sub": 0.929, "rhythm": 0.957, "form": 0.896}


class EcgOutput(nn.Module):
    """The network with its answers as calibrated probabilities: one slope for all, a constant per group."""

    def __init__(self, network: nn.Module, slope: float = 1.0, constants: list[float] | None = None) -> None:
        super().__init__()
        self.network = network
        self.slope = slope
        self.register_buffer("constants", torch.tensor(constants or [0.0]))

    def forward(self, millivolt: Tensor) -> Tensor:
        """Return [n, labels] in 0–1."""
        return torch.sigmoid(self.network(millivolt) * self.slope + self.constants)


def finish(network: nn.Module, tuning: EcgSet, report: EcgSet, out: Path, plan: Plan) -> None:
    """Export the weights and write the card from fold 8 (choices) and fold 9 (report)."""
    weights = out / "weights.onnx"
    examples = millivolts(report.microvolts[:64])
    _export(EcgOutput(network), examples, weights)
    output = _calibrated(network, tuning, probabilities(Session(weights), tuning))
    parity = _export(output, examples, weights)
    session = Session(weights)
    thresholds = _thresholds(tuning, probabilities(session, tuning))
    said = evaluated(session, report, thresholds, out)
    card = Card(
        name="ecg_ptbxl",
        version=VERSION,
        kind="ecg",
        title="Twelve-lead ECG, 59 statements",
        sections=sections(report, plan, FEWEST) | said.sections,
        figures=said.figures,
        settings={"labels": list(report.names), "thresholds": thresholds},
    )
    write_card(card, weights, ["batch", 8, "samples"], parity)


def evaluated(session: Session, report: EcgSet, thresholds: list[float], out: Path) -> Evaluated:
    """Return the figures of the report fold and the surest mistakes; draw the calibration."""
    score = probabilities(session, report)
    calibration_plot(
        {g: (report.labels[:, report.columns(g)], score[:, report.columns(g)]) for g in GROUPS},
        out / "calibration.png",
    )
    figures = [
        *_group_figures(report, score),
        *macro_figures(
            report.about, lambda rows: group_macro(report, score, "super", rows), "macro AUC, super",
            report.patients,
        ),
        *_label_figures(report, score, thresholds),
    ]  # fmt: skip
    return Evaluated(figures, {TITLE: ECG, "Failures": misses(report, score, thresholds)})


def probabilities(session: Session, data: EcgSet) -> NDArray[np.float64]:
    """Return the exported network's probability of every label for every record, [n, labels]."""
    parts = [
        session.run(millivolts(data.microvolts[at : at + 64]).numpy())[0]
        for at in range(0, len(data.labels), 64)
    ]
    return np.concatenate(parts).astype(np.float64)


def _export(output: nn.Module, examples: Tensor, weights: Path) -> float:
    return export(output.eval(), examples, weights, ("probabilities",), {2: "samples"})


def _calibrated(network: nn.Module, tuning: EcgSet, score: NDArray) -> EcgOutput:
    slope, _ = platt(logit(score), tuning.labels)
    constants = np.zeros(len(tuning.names))
    for group in GROUPS:
        columns = tuning.columns(group)
        _, constant = platt(logit(score[:, columns]) * slope, tuning.labels[:, columns], steady=1e3)
        constants[columns] = constant
    return EcgOutput(network, slope, constants.tolist())


def _thresholds(data: EcgSet, score: NDArray) -> list[float]:
    chosen = []
    for column in range(len(data.names)):
        truth = data.labels[:, column]
        enough = truth.sum() >= FEWEST
        best = threshold_for_f1(truth, score[:, column]) if enough else 0.5
        chosen.append(round(min(max(best, 0.02), 0.98), 4))
    return chosen


def _group_figures(data: EcgSet, score: NDArray) -> list[Figure]:
    figures = []
    for group in GROUPS:
        n = int(data.labels[:, data.columns(group)].any(1).sum())
        value = group_macro(data, score, group)
        low, high = interval(lambda rows, g=group: group_macro(data, score, g, rows), data.patients, 200)
        where = f"fold 9, records with a {group} label (xresnet1d101, fold 10: {PUBLISHED[group]})"
        figures.append(Figure(f"macro AUC, {group}", where, n, value, low, high))
    for group in GROUPS:
        columns = data.columns(group)
        everywhere = macro_auc(data.labels[:, columns], score[:, columns])
        figures.append(Figure(f"macro AUC, {group}", "fold 9, all records", len(score), everywhere))
    everything = macro_auc(data.labels, score)
    figures.append(Figure("macro AUC, 59 labels", "fold 9, all records", len(score), everything))
    gap = calibration_error(data.labels.ravel(), score.ravel())
    figures.append(Figure("calibration error", "fold 9, all labels, 10 bins", len(score), gap))
    return figures


def _label_figures(data: EcgSet, score: NDArray, thresholds: list[float]) -> list[Figure]:
    figures = []
    for column, name in enumerate(data.names):
        truth, chance = data.labels[:, column], score[:, column]
        count = int(truth.sum())
        where = f"fold 9, {count} with it, threshold {thresholds[column]:.2f}"
        if not count:
            continue
        low, high = interval(lambda rows, t=truth, c=chance: auc(t[rows], c[rows]), data.patients, 200)
        figures.append(Figure(f"AUC {name}", where, len(truth), auc(truth, chance), low, high))
        calls = confusion(truth, chance >= thresholds[column])
        for key in ("sensitivity", "specificity"):
            figures.append(Figure(f"{key} {name}", where, len(truth), calls[key]))
    return figures
