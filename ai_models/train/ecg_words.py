"""What the ECG card says in words: use, data, method, limits, and the mistakes it was surest of."""

import numpy as np
from numpy.typing import NDArray

from ai_models.train.ecg_data import EcgSet
from ai_models.train.loop import Plan

#: Labels whose surest misses and alarms are told, and how many of each.
TOLD = ("super_MI", "super_STTC", "sub_CLBBB", "sub_CRBBB", "rhythm_AFIB", "form_PVC")
EACH = 1


def misses(data: EcgSet, score: NDArray, thresholds: list[float]) -> list[str]:
    """Return one sentence for the surest miss and the surest false alarm of a few labels."""
    sentences = []
    for name in TOLD:
        if name not in data.names:
            continue
        column = data.names.index(name)
        truth, chance = data.labels[:, column] > 0.5, score[:, column]
        for has, word in ((True, "missed"), (False, "claimed")):
            rows = np.flatnonzero(truth == has)
            order = rows[np.argsort(chance[rows] if has else -chance[rows])][:EACH]
            sentences += [
                f"Record {data.ids[row]}: {name} {word} at {chance[row]:.2f} (threshold "
                f"{thresholds[column]:.2f}); its labels: {_labels(data, int(row))}."
                for row in order
            ]
    return sentences


def _labels(data: EcgSet, row: int) -> str:
    present = [name for name, value in zip(data.names, data.labels[row], strict=True) if value > 0.5]
    return ", ".join(present) or "none"


def sections(report: EcgSet, plan: Plan, fewest: int) -> dict[str, list[str]]:
    """Return the card's sections of sentences."""
    thin = [name for name, count in zip(report.names, report.labels.sum(0), strict=True) if count < fewest]
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
            "Trained on folds 1–7, calibrated and thresholds on fold 8, reported on fold 9. No patient is in "
            "two folds.",
            f"Fold 9: {len(report.labels)} records of {len(set(report.patients.tolist()))} patients.",
        ],
        "Method": [
            "The mean of three 1-D residual networks with squeeze-and-excitation (narrow, middle and wide "
            "kernels), on leads I, II, V1–V6 (III, aVR, aVL and aVF are sums of I and II and bring nothing "
            "new), millivolts, median of each lead removed. Each label weighs the moments of the tracing by "
            "itself, besides their mean and maximum.",
            f"{plan.length} each, AdamW, one cycle, averaged weights; crops of 9.6 s, gain, noise, baseline, "
            "lost lead; half of the batches are mixed pairs; forms count twice among records that have one.",
            "Calibration: one slope for all logits and one constant per group, fitted on fold 8, inside the "
            "file. Weights are stored with 16 bits and widened when loaded.",
            "Longer recordings are read in windows of 10 s and the mean is taken.",
        ],
        "Thresholds": [
            f"Best F1 on fold 8 where it holds at least {fewest} records with the label; 0.5 for the others.",
        ],
        "Limits": [
            f"Fewer than {fewest} positives on fold 9, so no judgement: {', '.join(thin) or 'none'}.",
            "2nd and 3rd degree AV block, SVT, VT and VF are not among the labels or too few to be seen.",
            "Children, pacing artefacts and swapped leads were not studied.",
            "One German centre, 1989–1996, Schiller recorders: other recorders and filters may shift the "
            "scores.",
            "Not validated for clinical use.",
        ],
    }
