"""The chest card: a threshold that survives other light and other hospitals, figures per source, never
pooled."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.session import Session
from ai_models.train.card import Card, Figure, write_card
from ai_models.train.chest_data import ADULTS, CHILDREN, SIDE, ChestSet
from ai_models.train.export import export
from ai_models.train.figures import auc, calibration_error, confusion, interval, threshold_for_f1
from ai_models.train.loop import Plan
from ai_models.train.pictures import moved, normalised, relit

VERSION = "0.1.0"
LIGHTS = 2  # how often val is lit and moved anew to choose the threshold
GRID = np.round(np.arange(0.05, 0.96, 0.01), 2)


class ChestOutput(nn.Module):
    """The network with its answer as a probability, and its map."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Return probability [n] and map [n, 7, 7]."""
        logit, cam = self.network(grey)
        return torch.sigmoid(logit), cam


def finish(network: nn.Module, tuning: ChestSet, test: ChestSet, out: Path, plan: Plan) -> None:
    """Export the weights and write the card from val (threshold) and test (report)."""
    weights = out / "weights.onnx"
    examples = normalised(torch.from_numpy(test.pixels[:32])).unsqueeze(1)
    parity = export(ChestOutput(network).eval(), examples, weights, ("probability", "map"))
    session = Session(weights)
    tuned = probabilities(session, tuning.pixels)
    threshold = _robust_threshold(session, tuning)
    naive = threshold_for_f1(tuning.labels, tuned)
    score = probabilities(session, test.pixels)
    card = Card(
        name="chest_pneumonia",
        version=VERSION,
        kind="image",
        title="Pneumonia on a frontal chest film",
        sections=_sections(plan, threshold),
        figures=_figures(test, score, {"shipped": threshold, "best F1 on val as it is": naive}),
        settings={"threshold": threshold},
    )
    write_card(card, weights, ["batch", 1, SIDE, SIDE], parity)


def _robust_threshold(session: Session, data: ChestSet) -> float:
    """Return the threshold with the best mean balanced accuracy over children as they are and lit anew."""
    children = data.only(data.column("source") == CHILDREN)
    torch.manual_seed(99)
    pictures = [children.pixels] + [_lit(children.pixels) for _ in range(LIGHTS)]
    curves = []
    for pixels in pictures:
        score = probabilities(session, pixels)
        ill = children.labels > 0.5
        curves.append([((score[ill] >= t).mean() + (score[~ill] < t).mean()) / 2 for t in GRID])
    mean = np.mean(curves, axis=0)
    best = GRID[mean >= mean.max() - 0.002]
    return float(np.round(np.median(best), 2))


def probabilities(session: Session, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the exported network's probability of pneumonia of every square picture [n, side, side]."""
    grey = (pixels[:, None].astype(np.float32) - 127.0) / 128.0
    parts = [session.run(grey[at : at + 16])[0] for at in range(0, len(grey), 16)]
    return np.concatenate(parts).astype(np.float64)


def _lit(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    parts = [
        relit(moved(torch.from_numpy(pixels[at : at + 64]).float().unsqueeze(1), SIDE))
        for at in range(0, len(pixels), 64)
    ]
    return torch.cat(parts)[:, 0].round().clamp(0, 255).to(torch.uint8).numpy()


def _figures(test: ChestSet, score: NDArray, thresholds: dict[str, float]) -> list[Figure]:
    source, radiologists = test.column("source"), test.column("rsna_class")
    opacity = (radiologists == "Lung Opacity").astype(np.float32)
    adult = source == ADULTS
    parts = [
        ("children, Kermany, pack test", source == CHILDREN, test.labels),
        ("adults, NIH, text-mined label", adult, test.labels),
        (
            "adults, radiologists: opacity against normal",
            adult & np.isin(radiologists, ["Lung Opacity", "Normal"]),
            opacity,
        ),
        ("adults, radiologists: opacity against all else", adult & (radiologists != ""), opacity),
    ]
    figures = []
    for where, rows, truth in parts:
        figures += _of_part(where, truth[rows], score[rows], test.column("patient_group")[rows], thresholds)
    return figures


def _of_part(
    where: str, truth: NDArray, score: NDArray, groups: NDArray, thresholds: dict[str, float]
) -> list[Figure]:
    where = f"{where} ({int(truth.sum())} with it)"
    low, high = interval(lambda rows: auc(truth[rows], score[rows]), groups.tolist())
    figures = [Figure("AUC", where, len(truth), auc(truth, score), low, high)]
    for name, threshold in thresholds.items():
        label = f"{where}, threshold {threshold:.2f} ({name})"
        for key in ("accuracy", "sensitivity", "specificity"):
            low, high = interval(
                lambda rows, k=key, t=threshold: confusion(truth[rows], score[rows] >= t)[k],
                groups.tolist(),
                400,
            )
            value = confusion(truth, score >= threshold)[key]
            figures.append(Figure(key, label, len(truth), value, low, high))
    figures.append(Figure("calibration error", where, len(truth), calibration_error(truth, score)))
    return figures


def _sections(plan: Plan, threshold: float) -> dict[str, list[str]]:
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
            "EfficientNet-Lite0 from ImageNet (Apache-2.0) on one grey channel, stem and first blocks "
            "frozen, trained at 192 px, "
            f"read at 224 px; {plan.length} with classes balanced, label smoothing, averaged weights.",
            "Strong changes of gamma, contrast, brightness, blur, noise, edges, turn, zoom and shift, "
            "against the shift to other rooms.",
            "The box holds the part of the class activation map above half its height; mean of the map "
            "plus bias is the score.",
        ],
        "Thresholds": [
            f"{threshold:.2f}: best mean balanced accuracy over val children as they are and lit and "
            f"moved anew {LIGHTS} times; "
            "val as it is is nearly separable, so the threshold it suggests would not carry over; both "
            "are in the figures.",
        ],
        "Limits": [
            "A short first training. Official test patients of Kermany et al. differ from these and "
            "usually score lower.",
            "Adults: text-mined labels are wrong in many films and few were read by radiologists; the "
            "intervals are wide.",
            "The box is coarse (7 × 7 places) and was not measured against drawn boxes: none are in the "
            "pack.",
            "Pneumonia against normal only: effusion, tumour, tuberculosis, oedema were not learned "
            "apart and may raise the score.",
            "Probabilities are of a balanced training set, not of a clinic's prevalence.",
            "Not validated for clinical use.",
        ],
    }
