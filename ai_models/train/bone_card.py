"""The bone card: how picture and heat are weighed (val), then pictures and boxes of devtest by the shipped
code."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import nn

from ai_models.findings.bone_fracture.boxes import both_ways, decode
from ai_models.findings.bone_fracture.model import SIDE, interpret, prepare
from ai_models.scope.header import FILM_CLASSES
from ai_models.session import Session
from ai_models.subjects import Picture
from ai_models.train.bone_data import BoneSet
from ai_models.train.bone_words import failures, sections
from ai_models.train.box_figures import Matched, average_precision, matched, pointing, sensitivity_at
from ai_models.train.card import Card, Evaluated, Figure, write_card
from ai_models.train.export import export
from ai_models.train.figures import auc, calibration_error, confusion, interval, threshold_for_f1
from ai_models.train.plots import calibration_plot
from ai_models.train.subgroups import subgroup_figures
from ai_models.train.tried import BONE, TITLE
from hub.domain.subject import ImageFacts

VERSION = "0.3.0"
STEADY = 0.05  # pull on the weights of the fit, so that 61 positives do not make it sure of itself


@dataclass(frozen=True)
class Outputs:
    """The network's raw outputs for every picture of a set, with the picture's shape."""

    raw: list[list[NDArray[np.float32]]]
    pictures: list[Picture]


def finish(network: nn.Module, tuning: BoneSet, report: BoneSet, out: Path) -> None:
    """Export the weights and write the card from val (weights, threshold) and devtest (report)."""
    weights = out / "weights.onnx"
    examples = torch.cat([torch.from_numpy(prepare(picture)) for picture in as_shown(report)[:8]])
    parity = export(network, examples, weights, ("picture", "heat", "distances"))
    session = Session(weights)
    tuned = _run(session, tuning)
    settings = _fit(tuned, tuning.labels) | _fit_boxes(tuned, tuning)
    score, _ = _answers(tuned, tuning, settings)
    settings["threshold"] = round(threshold_for_f1(tuning.labels, score), 4)
    said = evaluated(session, report, settings, out)
    card = Card(
        name="bone_fracture",
        version=VERSION,
        kind="image",
        sop_classes=FILM_CLASSES,
        title="Fractures on films of limbs, hip and shoulder",
        sections=sections(settings) | said.sections,
        figures=said.figures,
        settings=settings,
    )
    write_card(card, weights, ["batch", 1, SIDE, SIDE], parity)


def evaluated(session: Session, report: BoneSet, settings: dict[str, float], out: Path) -> Evaluated:
    """Return the figures of devtest and the mistakes the weights are surest of; draw the calibration."""
    outputs = _run(session, report)
    score, _ = _answers(outputs, report, settings)
    calibration_plot({"devtest": (report.labels, score)}, out / "calibration.png")
    figures = _figures(report, outputs, settings) + subgroup_figures(
        _parts(report), report.labels, score, report.column("group")
    )
    return Evaluated(figures, {TITLE: BONE, "Failures": failures(report, score, settings["threshold"])})


def _parts(data: BoneSet) -> dict[str, NDArray[np.bool_]]:
    """Views, several views on one film, and films of several regions; hardware and regions are above."""
    names = ("frontal", "lateral", "oblique", "multiscan", "mixed")
    words = ("frontal view", "lateral view", "oblique view", "several films in one", "several regions")
    return {f"devtest, {word}": data.column(name) == "1" for name, word in zip(names, words, strict=True)}


def as_shown(data: BoneSet) -> list[Picture]:
    """Return every film of a set as a model is shown it."""
    shapes = [(int(row["height"]), int(row["width"])) for row in data.rows]
    return [
        Picture(pixels[:height, :width], ImageFacts(sop_class_uid=""))
        for pixels, (height, width) in zip(data.pixels, shapes, strict=True)
    ]


def _run(session: Session, data: BoneSet) -> Outputs:
    films = as_shown(data)
    return Outputs([session.run(prepare(film)) for film in films], films)


def _fit(outputs: Outputs, labels: NDArray) -> dict[str, float]:
    """Return the logistic weights of picture logit and highest heat logit that fit val best."""
    merged = [both_ways(raw) for raw in outputs.raw]
    inputs = np.array([[logit, heat.max(), 1.0] for logit, heat, _ in merged], dtype=np.float64)
    sign = np.where(labels > 0.5, 1.0, -1.0)

    def loss(weights: NDArray) -> float:
        return float(
            np.logaddexp(0, -sign * (inputs @ weights)).mean() + STEADY * (weights[:2] ** 2).sum() / 2
        )

    picture, heat, constant = minimize(loss, np.array([0.5, 0.5, 0.0])).x.round(5).tolist()
    return {"picture": picture, "heat": heat, "constant": constant, "threshold": 0.5}


def _fit_boxes(outputs: Outputs, data: BoneSet) -> dict[str, float]:
    """Return the weights of a box's heat logit and of the picture's logit for "its centre lies in a drawn
    box", from val."""
    inputs, inside = [], []
    for raw, picture, drawn in zip(outputs.raw, outputs.pictures, data.boxes, strict=True):
        logit, heat, distances = both_ways(raw)
        boxes, chances = decode(heat, distances)
        scale = max(picture.pixels.shape[:2]) / SIDE
        for box, chance in zip(boxes * scale, chances, strict=True):
            inputs.append((float(np.log(chance / (1 - chance))), logit, 1.0))
            inside.append(matched(drawn, box[None], np.ones(1)).points_inside)
    rows, sign = np.array(inputs), np.where(inside, 1.0, -1.0)

    def loss(weights: NDArray) -> float:
        miss = np.logaddexp(0, -sign * (rows @ weights)).mean()
        return float(miss + STEADY * 0.01 * (weights[:2] ** 2).sum())

    slope, picture, constant = minimize(loss, np.array([1.0, 0.0, 0.0])).x.round(5).tolist()
    return {"box_slope": slope, "box_picture": picture, "box_constant": constant}


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
