"""What the chest card says in words: use, data, method, limits, and the mistakes it was surest of."""

import numpy as np
from numpy.typing import NDArray

from ai_models.train.chest_data import ChestSet
from ai_models.train.loop import Plan

TOLD = 3


def failures(test: ChestSet, score: NDArray, threshold: float) -> list[str]:
    """Return the surest misses and the surest false alarms of each source, one sentence each."""
    sentences = []
    for source in sorted(set(test.column("source"))):
        for ill, word in ((True, "missed"), (False, "claimed")):
            wrong = (test.column("source") == source) & ((test.labels > 0.5) == ill)
            wrong &= (score < threshold) == ill
            rows = np.flatnonzero(wrong)
            order = rows[np.argsort(score[rows] if ill else -score[rows])][:TOLD]
            sentences.append(f"{source}: {len(rows)} {word} at {threshold:.2f}.")
            sentences += [
                f"{test.rows[row]['file']}: {_what(test.rows[row])}, {score[row]:.2f}." for row in order
            ]
    return sentences


def _what(row: dict[str, str]) -> str:
    parts = [row["label"], row["subtype"], row["view"], row["nih_findings"], row["rsna_class"]]
    return ", ".join(part for part in parts if part)


def sections(plan: Plan, settings: dict[str, float], fit: tuple[float, float]) -> dict[str, list[str]]:
    """Return the card's sections of sentences."""
    threshold, adults = settings["threshold"], settings["adult_threshold"]
    return {
        "Intended use": [
            "A pre-read beside a doctor who reads the film: it points at possible pneumonia and never signs.",
            "Frontal chest films. Trained on children of 1–5 years above all; adults are read, with "
            "their own figures.",
        ],
        "Data": [
            "Kermany D, Zhang K, Goldbaum M, Mendeley Data V2, doi:10.17632/rscbjbr9sj.2, CC BY 4.0: "
            "children, Guangzhou; "
            "a copy squashed to 224 × 224.",
            "NIH ChestX-ray14: Wang X et al., ChestX-ray8, CVPR 2017; provided by the NIH Clinical Center, "
            "https://nihcc.app.box.com/v/ChestXray-NIHCC; a 1000-image subset (Ozturk et al. 2020).",
            "Radiologists' classes: RSNA Pneumonia Detection Challenge 2018 (Shih G et al., Radiology: "
            "AI 2019;1(1):e180041); "
            "where present they replace the text-mined label in training.",
            "Splits train, val and test hold different patients. Kermany's official test patients were "
            "not at hand.",
        ],
        "Method": [
            "The mean of two EfficientNet-Lite0 from ImageNet (Apache-2.0) on one grey channel, stem and "
            f"first blocks frozen, trained at 192 px, read at 224 px; {plan.length} each, classes balanced, "
            "label smoothing, averaged weights, different seeds.",
            "Strong changes of gamma, contrast, brightness, blur, noise, edges, turn, zoom and shift, "
            "against the shift to other rooms.",
            f"Calibration: logistic of {fit[0]} × logit + {fit[1]}, fitted on val children as they are and "
            "under every change named below. Weights are stored with 16 bits and widened when loaded.",
            "The box holds the part of the class activation map above 0.7 of its height; mean of the map "
            "plus bias is the score.",
        ],
        "Thresholds": [
            f"{threshold:.2f}: best balanced accuracy over the worst third of the changes of val children "
            "named below. Val as it is is nearly separable, so the threshold it suggests would not carry "
            "over; both are in the figures.",
            f"{adults:.2f} for patients known to be 15 or older: best balanced accuracy over the adults of "
            "val (text-mined labels). An unknown age is read with the children's threshold and said.",
        ],
        "Limits": [
            "Official test patients of Kermany et al. differ from these and usually score lower.",
            "Adults: text-mined labels are wrong in many films and few were read by radiologists; the "
            "intervals are wide.",
            "The box is coarse (7 × 7 places) and was not measured against drawn boxes: none are in the "
            "pack.",
            "Pneumonia against normal only: effusion, tumour, tuberculosis, oedema were not learned "
            "apart and may raise the score.",
            "Probabilities are of the pack's prevalence, not of a clinic's.",
            "Not validated for clinical use.",
        ],
    }
