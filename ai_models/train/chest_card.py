"""The chest card: a threshold that survives other light and other hospitals, figures per source, never
pooled."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.scope.header import FILM_CLASSES
from ai_models.session import Session
from ai_models.train.calibrate import logit, platt
from ai_models.train.card import Card, Evaluated, Figure, write_card
from ai_models.train.chest_data import ADULTS, CHILDREN, SIDE, ChestSet
from ai_models.train.chest_shift import GRID, balanced, robust_threshold, shifted
from ai_models.train.chest_words import failures, sections
from ai_models.train.export import export
from ai_models.train.figures import auc, calibration_error, confusion, interval, threshold_for_f1
from ai_models.train.loop import Plan
from ai_models.train.pictures import normalised
from ai_models.train.plots import calibration_plot
from ai_models.train.subgroups import by_value, subgroup_figures
from ai_models.train.tried import CHEST, TITLE

VERSION = "0.2.1"


class ChestOutput(nn.Module):
    """The network with its answer as a calibrated probability, and its map."""

    def __init__(self, network: nn.Module, slope: float = 1.0, constant: float = 0.0) -> None:
        super().__init__()
        self.network = network
        self.slope, self.constant = slope, constant

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Return probability [n] and map [n, 7, 7]."""
        answer, cam = self.network(grey)
        return torch.sigmoid(answer * self.slope + self.constant), cam


def finish(network: nn.Module, tuning: ChestSet, test: ChestSet, out: Path, plan: Plan) -> None:
    """Export the weights and write the card from val (calibration, thresholds) and test (report)."""
    weights = out / "weights.onnx"
    examples = normalised(torch.from_numpy(test.pixels[:32])).unsqueeze(1)
    names = ("probability", "map")
    children = tuning.only(tuning.column("source") == CHILDREN)
    pictures = shifted(children.pixels)
    export(ChestOutput(network).eval(), examples, weights, names)
    raw = _scores(Session(weights), pictures)
    everywhere = np.concatenate([logit(score) for score in raw.values()])
    fit = platt(everywhere, np.tile(children.labels, len(raw)))
    parity = export(ChestOutput(network, *fit).eval(), examples, weights, names)
    session = Session(weights)
    scores = _scores(session, pictures)
    settings = {
        "threshold": robust_threshold(children.labels, scores),
        "best_on_val": round(threshold_for_f1(children.labels, scores["as they are"]), 4),
        "adult_threshold": _adults(session, tuning),
    }
    said = evaluated(session, test, settings, out)
    card = Card(
        name="chest_pneumonia",
        version=VERSION,
        kind="image",
        sop_classes=FILM_CLASSES,
        title="Pneumonia on a frontal chest film",
        sections=sections(plan, settings, fit)
        | {"How the threshold moves": _moves(children, scores)}
        | said.sections,
        figures=said.figures,
        settings=settings,
    )
    write_card(card, weights, ["batch", 1, SIDE, SIDE], parity)


#: How the figures name the thresholds of the settings; a card without one of them has no such rows.
THRESHOLDS = {
    "shipped": "threshold", "best F1 on val as it is": "best_on_val", "adults": "adult_threshold",
}  # fmt: skip


def evaluated(session: Session, test: ChestSet, settings: dict[str, float], out: Path) -> Evaluated:
    """Return the figures of test and the mistakes the weights are surest of; draw the calibration."""
    score = probabilities(session, test.pixels)
    _plot(test, score, out)
    thresholds = {name: settings[key] for name, key in THRESHOLDS.items() if key in settings}
    figures = _figures(test, score, thresholds) + subgroup_figures(
        _parts(test), test.labels, score, test.column("patient_group")
    )
    return Evaluated(figures, {TITLE: CHEST, "Failures": failures(test, score, settings["threshold"])})


def _parts(test: ChestSet) -> dict[str, NDArray[np.bool_]]:
    """Adults by sex, view and age (children carry neither sex nor age); children by kind of pneumonia."""
    adult, years = test.column("source") == ADULTS, _years(test)
    parts = {f"adults, {word}": adult & mask for word, mask in {
        **by_value(test.column("sex"), {"F": "women", "M": "men"}),
        **by_value(test.column("view"), {"AP": "AP", "PA": "PA"}),
        "under 40": years < 40, "40 to 64": (years >= 40) & (years < 65), "65 and older": years >= 65,
    }.items()}  # fmt: skip
    subtype = test.column("subtype")
    for kind in ("bacteria", "virus"):
        parts[f"children, {kind} against normal"] = ~adult & ((subtype == kind) | (test.labels < 0.5))
    return parts


def _years(test: ChestSet) -> NDArray[np.float64]:
    return np.array([float(age) if age else np.nan for age in test.column("age")])


def probabilities(session: Session, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the exported network's probability of pneumonia of every square picture [n, side, side]."""
    grey = (pixels[:, None].astype(np.float32) - 127.0) / 128.0
    parts = [session.run(grey[at : at + 16])[0] for at in range(0, len(grey), 16)]
    return np.concatenate(parts).astype(np.float64)


def _scores(session: Session, pictures: dict[str, NDArray]) -> dict[str, NDArray]:
    return {name: probabilities(session, pixels) for name, pixels in pictures.items()}


def _adults(session: Session, tuning: ChestSet) -> float:
    """Return the threshold with the best balanced accuracy over the adults of val."""
    adults = tuning.only(tuning.column("source") == ADULTS)
    curve = balanced(adults.labels, probabilities(session, adults.pixels))
    return float(np.round(np.median(GRID[curve >= curve.max() - 0.01]), 2))


def _moves(children: ChestSet, scores: dict[str, NDArray]) -> list[str]:
    """Say for each change what AUC is left, and which thresholds are nearly the best there."""
    sentences = []
    for name, score in scores.items():
        curve = balanced(children.labels, score)
        good = GRID[curve >= curve.max() - 0.01]
        sentences.append(
            f"{name}: AUC {auc(children.labels, score):.3f}; best balanced accuracy {curve.max():.3f}, "
            f"between {good.min():.2f} and {good.max():.2f}."
        )
    return sentences


def _plot(test: ChestSet, score: NDArray, out: Path) -> None:
    source = test.column("source")
    parts = {"children": source == CHILDREN, "adults (text-mined)": source == ADULTS}
    calibration_plot(
        {name: (test.labels[rows], score[rows]) for name, rows in parts.items()}, out / "calibration.png"
    )


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
