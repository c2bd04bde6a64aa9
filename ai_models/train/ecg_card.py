"""The ECG card: thresholds from fold 8, figures of fold 9 by patient, as the PTB-XL benchmark counts them."""

from pathlib import Path

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.train.card import Card, Figure, write_card
from ai_models.train.ecg import group_macro, probabilities
from ai_models.train.ecg_data import GROUPS, EcgSet, millivolts
from ai_models.train.export import export
from ai_models.train.figures import auc, calibration_error, confusion, interval, macro_auc, threshold_for_f1
from ai_models.train.loop import Plan

VERSION = "0.1.0"
#: Labels with fewer positives in fold 8 get no threshold of their own from it: one case would decide.
FEWEST = 8
PUBLISHED = {"super": 0.928, "sub": 0.929, "rhythm": 0.957, "form": 0.896}


class EcgOutput(nn.Module):
    """The network with its answers as probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, millivolt: Tensor) -> Tensor:
        """Return [n, labels] in 0–1."""
        return torch.sigmoid(self.network(millivolt))


def finish(network: nn.Module, tuning: EcgSet, report: EcgSet, out: Path, plan: Plan) -> None:
    """Export the weights and write the card from fold 8 (choices) and fold 9 (report)."""
    weights = out / "weights.onnx"
    examples = millivolts(report.microvolts[:64])
    parity = export(EcgOutput(network).eval(), examples, weights, ("probabilities",), {2: "samples"})
    thresholds = _thresholds(tuning, probabilities(network, tuning))
    score = probabilities(network, report)
    figures = _group_figures(report, score) + _label_figures(report, score, thresholds)
    card = Card(
        name="ecg_ptbxl",
        version=VERSION,
        kind="ecg",
        title="Twelve-lead ECG, 59 statements",
        sections=_sections(report, plan),
        figures=figures,
        settings={"labels": list(report.names), "thresholds": thresholds},
    )
    write_card(card, weights, ["batch", 8, "samples"], parity)


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


def _sections(report: EcgSet, plan: Plan) -> dict[str, list[str]]:
    thin = [name for name, count in zip(report.names, report.labels.sum(0), strict=True) if count < FEWEST]
    return {
        "Intended use": [
            "A pre-read beside a doctor who reads the tracing: it suggests statements and never signs.",
            "Resting 12-lead ECGs of adults, 5 s or longer, any rate from 100 Hz.",
            "MI labels mean an infarction pattern of any age. No claim of acute infarction rests on this "
            "network.",
        ],
        "Data": [
            "PTB-XL 1.0.3 (Wagner P, Strodthoff N, Bousseljot R-D, Samek W, Schaeffter T; "
            "doi:10.13026/kfzx-aw45; Sci Data 7:154, 2020), CC BY 4.0. Changed: 8 of 12 leads, 100 Hz, 5 "
            "µV steps.",
            "Trained on folds 1–7, thresholds on fold 8, reported on fold 9 once. No patient is in two "
            "folds.",
            f"Fold 9: {len(report.labels)} records of {len(set(report.patients.tolist()))} patients.",
        ],
        "Method": [
            "1-D residual network with squeeze-and-excitation, 1.4 million weights, on leads I, II, V1–V6 "
            "(III, aVR, aVL and aVF are sums of I and II and bring nothing new), millivolts, median of "
            "each lead removed.",
            f"{plan.length}, AdamW, one cycle, averaged weights; crops of 8–10 s, gain, noise, "
            "baseline, lost lead.",
            "Longer recordings are read in windows of 10 s and the mean is taken.",
        ],
        "Thresholds": [
            f"Best F1 on fold 8 where it holds at least {FEWEST} records with the label; 0.5 for the others.",
        ],
        "Limits": [
            "A short first training; see the figures against the published ones.",
            "Probabilities are as the network gives them; no further calibration.",
            f"Fewer than {FEWEST} positives on fold 9, so no judgement: {', '.join(thin) or 'none'}.",
            "2nd and 3rd degree AV block, SVT, VT and VF are not among the labels or too few to be seen.",
            "Children, pacing artefacts and swapped leads were not studied.",
            "One German centre, 1989–1996, Schiller recorders: other recorders and filters may shift the "
            "scores.",
            "Not validated for clinical use.",
        ],
    }
