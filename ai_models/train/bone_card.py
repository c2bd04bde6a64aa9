"""The bone card: how picture and heat are weighed (val), then pictures and boxes of devtest by the shipped
code."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import nn

from ai_models.findings.bone_fracture.boxes import decode
from ai_models.findings.bone_fracture.model import SIDE, interpret, prepare
from ai_models.session import Session
from ai_models.subjects import Picture
from ai_models.train.bone_data import LEFT_OUT, BoneSet
from ai_models.train.box_figures import Matched, average_precision, matched, pointing, sensitivity_at
from ai_models.train.card import Card, Figure, write_card
from ai_models.train.export import export
from ai_models.train.figures import auc, calibration_error, confusion, interval, threshold_for_f1
from ai_models.train.loop import Plan
from hub.domain.subject import ImageFacts

VERSION = "0.1.0"
STEADY = 0.05  # pull on the weights of the fit, so that 61 positives do not make it sure of itself


@dataclass(frozen=True)
class Outputs:
    """The network's raw outputs for every picture of a set, with the picture's shape."""

    raw: list[list[NDArray[np.float32]]]
    pictures: list[Picture]


def finish(network: nn.Module, tuning: BoneSet, report: BoneSet, out: Path, plan: Plan) -> None:
    """Export the weights and write the card from val (weights, threshold) and devtest (report)."""
    weights = out / "weights.onnx"
    examples = torch.cat([torch.from_numpy(prepare(picture)) for picture in _pictures(report)[:8]])
    parity = export(network, examples, weights, ("picture", "heat", "distances"))
    session = Session(weights)
    tuned = _run(session, tuning)
    settings = _fit(tuned, tuning.labels) | _fit_boxes(tuned, tuning)
    score, _ = _answers(tuned, tuning, settings)
    settings["threshold"] = round(threshold_for_f1(tuning.labels, score), 4)
    figures = _figures(report, _run(session, report), settings)
    card = Card(
        name="bone_fracture",
        version=VERSION,
        kind="image",
        title="Fractures on films of limbs, hip and shoulder",
        sections=_sections(plan, settings),
        figures=figures,
        settings=settings,
    )
    write_card(card, weights, ["batch", 1, SIDE, SIDE], parity)


def _pictures(data: BoneSet) -> list[Picture]:
    shapes = [(int(row["height"]), int(row["width"])) for row in data.rows]
    return [
        Picture(pixels[:height, :width], ImageFacts(sop_class_uid=""))
        for pixels, (height, width) in zip(data.pixels, shapes, strict=True)
    ]


def _run(session: Session, data: BoneSet) -> Outputs:
    pictures = _pictures(data)
    return Outputs([session.run(prepare(picture)) for picture in pictures], pictures)


def _fit(outputs: Outputs, labels: NDArray) -> dict[str, float]:
    """Return the logistic weights of picture logit and highest heat logit that fit val best."""
    inputs = np.array([[raw[0][0], raw[1].max(), 1.0] for raw in outputs.raw], dtype=np.float64)
    sign = np.where(labels > 0.5, 1.0, -1.0)

    def loss(weights: NDArray) -> float:
        return float(
            np.logaddexp(0, -sign * (inputs @ weights)).mean() + STEADY * (weights[:2] ** 2).sum() / 2
        )

    picture, heat, constant = minimize(loss, np.array([0.5, 0.5, 0.0])).x.round(5).tolist()
    return {"picture": picture, "heat": heat, "constant": constant, "threshold": 0.5}


def _fit_boxes(outputs: Outputs, data: BoneSet) -> dict[str, float]:
    """Return slope and constant from a box's heat logit to "its centre lies in a drawn box", from val."""
    logits, inside = [], []
    for raw, picture, drawn in zip(outputs.raw, outputs.pictures, data.boxes, strict=True):
        boxes, chances = decode(raw[1][0], raw[2][0])
        scale = max(picture.pixels.shape[:2]) / SIDE
        for box, chance in zip(boxes * scale, chances, strict=True):
            logits.append(float(np.log(chance / (1 - chance))))
            inside.append(matched(drawn, box[None], np.ones(1)).points_inside)
    heat, sign = np.array(logits), np.where(inside, 1.0, -1.0)

    def loss(weights: NDArray) -> float:
        return float(np.logaddexp(0, -sign * (weights[0] * heat + weights[1])).mean())

    slope, constant = minimize(loss, np.array([1.0, 0.0])).x.round(5).tolist()
    return {"box_slope": slope, "box_constant": constant}


def _answers(outputs: Outputs, data: BoneSet, settings: dict[str, float]) -> tuple[NDArray, list[Matched]]:
    scores, boxed = [], []
    for raw, picture, drawn in zip(outputs.raw, outputs.pictures, data.boxes, strict=True):
        finding = interpret(raw, picture, settings).findings[0]
        scores.append(finding.probability)
        given = np.array([box.xyxy for box in finding.boxes]).reshape(-1, 4)
        boxed.append(matched(drawn, given, np.array([box.probability for box in finding.boxes])))
    return np.array(scores), boxed


def _figures(data: BoneSet, outputs: Outputs, settings: dict[str, float]) -> list[Figure]:
    score, boxed = _answers(outputs, data, settings)
    metal = data.column("hardware") == "1"
    figures = []
    for where, rows in (("devtest", np.ones(len(score), bool)), ("devtest without hardware", ~metal)):
        figures += _of_part(where, np.flatnonzero(rows), (data, score, boxed), settings["threshold"])
    for region in ("hand", "leg", "hip", "shoulder"):
        rows = np.flatnonzero(data.column(region) == "1")
        name = f"devtest, {region} ({int(data.labels[rows].sum())} fractured)"
        figures.append(Figure("AUC", name, len(rows), auc(data.labels[rows], score[rows])))
    defined = [figure for figure in figures if np.isfinite(figure.value)]
    return defined + [
        Figure("calibration error", "devtest", len(score), calibration_error(data.labels, score))
    ]


def _of_part(
    where: str, rows: NDArray, answers: tuple[BoneSet, NDArray, list[Matched]], threshold: float
) -> list[Figure]:
    data, score, boxed = answers[0], answers[1][rows], [answers[2][row] for row in rows]
    truth, groups = data.labels[rows], data.column("group")[rows].tolist()
    where = f"{where} ({int(truth.sum())} fractured)"
    measures = {
        "AUC": lambda r: auc(truth[r], score[r]),
        "mAP50": lambda r: average_precision([boxed[i] for i in r]),
        "pointing game": lambda r: pointing([boxed[i] for i in r]),
        "boxes found at 0.5 false ones per picture": lambda r: sensitivity_at([boxed[i] for i in r], 0.5),
    }
    for key in ("sensitivity", "specificity", "accuracy"):
        measures[f"{key} at {threshold:.2f}"] = lambda r, k=key: confusion(truth[r], score[r] >= threshold)[k]
    everything = np.arange(len(rows))
    return [
        Figure(name, where, len(rows), measure(everything), *interval(measure, groups, 400))
        for name, measure in measures.items()
    ]


def _sections(plan: Plan, settings: dict[str, float]) -> dict[str, list[str]]:
    return {
        "Intended use": [
            "A pre-read beside a doctor who reads the film: it points at places that may be broken and "
            "never signs.",
            "Films of hand, arm, leg, foot, hip and shoulder, any view.",
        ],
        "Data": [
            "FracAtlas: Abedeen I., Rahman M.A., Prottyasha F.Z. et al., Sci Data 10, 521 (2023), "
            "doi:10.1038/s41597-023-02432-4, CC BY 4.0. Changed: grey, long side 454 px, duplicates removed.",
            "Split by blocks of neighbouring numbers, for there are no patient numbers; intervals draw "
            "whole blocks again.",
            f"Blocks {', '.join(sorted(LEFT_OUT))} were left out of training, so that IMG0000003, "
            "IMG0000025, IMG0000106 and "
            "IMG0000201 are new to the model; IMG0002306, IMG0002346, IMG0002369 and IMG0002374 were "
            "seen in training.",
        ],
        "Method": [
            "EfficientNet-Lite0 from ImageNet (Apache-2.0), stem and first blocks frozen, features of "
            "strides 8, 16 and 32 joined; "
            "a heat map of box centres (CenterNet) with distances to the sides (FCOS), and one logit for "
            "the picture.",
            f"{plan.length} of crops of 256 px about fractures and elsewhere; read whole with the "
            f"long side at {SIDE} px.",
            f"Probability: logistic of {settings['picture']} × picture logit + {settings['heat']} × "
            "highest heat logit "
            f"+ {settings['constant']}, fitted on val. "
            "A box has its own probability, from its heat, fitted on val to its centre lying in a drawn box.",
        ],
        "Thresholds": [f"{settings['threshold']:.2f}: best F1 on val."],
        "Limits": [
            "A short first training; published detectors find more boxes (mAP50 .40 to .48 on the "
            "official test range).",
            "Most films were published at 373 × 454 px: hairline fractures are near the limit of what "
            "can be seen.",
            "A fracture means visible, not fresh; casts and healing fractures count. Metal is nearly "
            "always with a fracture here.",
            "Skull, spine, ribs and face are out of scope and refused where header or pixels say so.",
            "Shoulders and hips are thin in the data.",
            "Not validated for clinical use.",
        ],
    }
