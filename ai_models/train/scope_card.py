"""The scope gate's card: how many films pass and how many other pictures are stopped, by kind."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ai_models.scope.gate import thumbnail
from ai_models.session import Session
from ai_models.train.card import Card, Figure, write_card
from ai_models.train.export import export
from ai_models.train.scope_data import BONE, CHEST, Films, load_films
from ai_models.train.scope_net import KINDS, SIDE, ScopeOutput
from ai_models.train.scope_spoiled import SPOILED, Source
from ai_models.train.tried import SCOPE, TITLE

VERSION = "0.2.1"
#: Of the films of val, so many pass as what they are; the threshold of each kind of film lies there.
KEPT_SHARE = 0.995
#: A film is taken for one of the things no model reads only from here on; below it is "not sure".
SURE_OTHER = 0.5
#: Where the header names the part, the pixels need not be sure, but all but one in so many films of val show
#: at least as much of it.
NAMED_SHARE = 0.998


def finish(network: nn.Module, data: Path, out: Path) -> None:
    """Export the weights and write the card: thresholds from val, figures of test and devtest."""
    weights = out / "weights.onnx"
    tuning, report = load_films(data, "val", "val"), load_films(data, "test", "devtest")
    examples = torch.from_numpy(_thumbnails(report.squares[:64]))
    parity = export(ScopeOutput(network).eval(), examples, weights, ("probabilities",))
    session = Session(weights)
    sure, enough = _sure(session, tuning, KEPT_SHARE, 0.5), _sure(session, tuning, NAMED_SHARE, 0.05)
    card = Card(
        name="scope_gate",
        version=VERSION,
        kind="image",
        title="An upright chest, a limb, or what no model reads, from a thumbnail",
        sections=_sections(sure, enough),
        figures=_films_figures(session, report, sure) + _spoiled_figures(session, report, sure),
        settings={"kinds": list(KINDS), "sure": sure, "enough": enough},
    )
    write_card(card, weights, ["batch", 1, SIDE, SIDE], parity)


def _thumbnails(pictures: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    return np.stack([thumbnail(picture, SIDE) for picture in pictures])[:, None]


def _answers(session: Session, pictures: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> NDArray:
    thumbs = _thumbnails(pictures)
    return np.concatenate([session.run(thumbs[at : at + 64])[0] for at in range(0, len(thumbs), 64)])


def _sure(session: Session, tuning: Films, kept: float, least: float) -> dict[str, float]:
    chances = _answers(session, tuning.squares)
    sure = dict.fromkeys(KINDS, SURE_OTHER)
    for kind in (CHEST, BONE):
        own = chances[tuning.kinds == kind][:, kind]
        sure[KINDS[kind]] = round(float(np.clip(np.quantile(own, 1 - kept), least, 0.9)), 3)
    return sure


def _shown(chances: NDArray, sure: dict[str, float]) -> NDArray[np.str_]:
    best = chances.argmax(1)
    enough = chances.max(1) >= np.array([sure[KINDS[kind]] for kind in best])
    return np.where(enough, np.array(KINDS)[best], "")


def _films_figures(session: Session, report: Films, sure: dict[str, float]) -> list[Figure]:
    figures = []
    shown = _shown(_answers(session, report.squares), sure)
    for kind, where in ((CHEST, "chest films (cxr test)"), (BONE, "bone films (fracture devtest)")):
        rows = report.kinds == kind
        for answer in (KINDS[kind], KINDS[BONE if kind == CHEST else CHEST], ""):
            name = f"shown as {answer}" if answer else "not sure"
            figures.append(Figure(name, where, int(rows.sum()), float((shown[rows] == answer).mean())))
    return figures


def _spoiled_figures(session: Session, report: Films, sure: dict[str, float]) -> list[Figure]:
    """Each film of the report spoiled in each way, seeded: the share that neither model would read."""
    figures = []
    for spoil in SPOILED:
        generator = np.random.default_rng(20260202)
        for kind, where in ((CHEST, "chest films"), (BONE, "bone films")):
            squares = report.squares[report.kinds == kind]
            others = report.squares[generator.permutation(len(report.squares))[: len(squares)]]
            made = [
                spoil(Source(film, KINDS[kind], other), generator)
                for film, other in zip(squares, others, strict=True)
            ]
            if any(name == KINDS[kind] for _, name in made):
                continue  # a limb turned is still a limb
            shown = _shown(_answers(session, [picture for picture, _ in made]), sure)
            stopped = float((~np.isin(shown, ("chest", "bone"))).mean())
            figures.append(Figure(f"stopped when {spoil.__name__}", where, len(made), stopped))
    return figures


def _sections(sure: dict[str, float], enough: dict[str, float]) -> dict[str, list[str]]:
    return {
        "Intended use": [
            "Keeps the chest model from limbs, the bone model from chests, and both from anything else."
        ],
        "Data": [
            "Chest: Kermany et al. 2018 (doi:10.17632/rscbjbr9sj.2, CC BY 4.0) and NIH ChestX-ray14 "
            "(Wang et al., CVPR 2017; NIH Clinical Center, https://nihcc.app.box.com/v/ChestXray-NIHCC).",
            "Bone: FracAtlas (Abedeen et al., Sci Data 10:521, 2023, doi:10.1038/s41597-023-02432-4, CC "
            "BY 4.0).",
            "Drawn by program: tracings, text, noise, fans, ellipses, gradients, bars. Made of the films "
            "themselves: inverted, turned, cropped, halved, tiled, and captured inside a program's window.",
            "Trained on the train splits, thresholds on val, figures of test and devtest.",
        ],
        TITLE: SCOPE,
        "Method": ["A network of 0.6 million weights on a thumbnail of 128 px; long side kept, rest black."],
        "Thresholds": [
            f"Sure from {sure['chest']} (chest) and {sure['bone']} (limb), where {KEPT_SHARE:.1%} of the "
            f"films of val pass (never below 0.5 nor above 0.9), {SURE_OTHER} for the rest; below that the "
            f"header must name the part itself, and the pixels show it with {enough['chest']} (chest) and "
            f"{enough['bone']} (limb), as {NAMED_SHARE:.1%} of the films of val do."
        ],
        "Limits": [
            "No real lateral chest is in the data: half of a frontal chest, stretched, stands for it in "
            "training, and the header is asked first. How many real laterals are stopped is not known.",
            "The other pictures are drawn, not real: a real CT, ultrasound or photograph is stopped by "
            "header and colour first.",
            "A limb that is turned is a limb; a limb is called cropped only when less than a quarter of its "
            "side is shown.",
        ],
    }
