"""The scope gate's card: how many films pass and how many other pictures are stopped, by kind."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ai_models.train.card import Card, Figure, write_card
from ai_models.train.export import export
from ai_models.train.scope_data import BONE, CHEST, OTHER, Films, example, load_films
from ai_models.train.scope_net import ScopeOutput

VERSION = "0.1.0"
#: Below this the network is not sure, and the header must name the part itself. Chosen on val: chests lie
#: above
#: .9, limbs are of many kinds (shoulders are thin among them), and to refuse a named film needs good reason.
SURE = {"chest": 0.9, "bone": 0.5, "other": 0.85}
ORDER = ("chest", "bone", "other")
NAMES = {
    CHEST: "chest films (cxr test)",
    BONE: "bone films (fracture devtest)",
    OTHER: "drawn, inverted, cut, tiled",
}


def finish(network: nn.Module, data: Path, out: Path) -> None:
    """Export the weights and write the card from pictures of the test and devtest splits."""
    films = load_films(data, "test", "devtest")
    thumbnails, kinds = _examples(films)
    weights = out / "weights.onnx"
    output = ScopeOutput(network).eval()
    parity = export(output, torch.from_numpy(thumbnails[:64]).unsqueeze(1), weights, ("probabilities",))
    with torch.no_grad():
        chances = output(torch.from_numpy(thumbnails).unsqueeze(1)).numpy()
    card = Card(
        name="scope_gate",
        version=VERSION,
        kind="image",
        title="Chest, limb or neither, from a thumbnail",
        sections=_sections(),
        figures=_figures(chances, kinds),
        settings={"kinds": list(ORDER), "sure": SURE},
    )
    write_card(card, weights, ["batch", 1, 96, 96], parity)


def _examples(films: Films) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    generator = np.random.default_rng(20260202)
    pairs = [example(films, index, generator) for index in range(len(films.kinds))]
    return np.stack([p for p, _ in pairs]), np.array([kind for _, kind in pairs])


def _figures(chances: NDArray, kinds: NDArray) -> list[Figure]:
    figures = []
    best = chances.argmax(1)
    sure = chances.max(1) >= np.array([SURE[ORDER[kind]] for kind in best])
    for kind, name in NAMES.items():
        rows = kinds == kind
        right = float((best[rows] == kind).mean())
        unsure = float((~sure[rows]).mean())
        figures.append(Figure("taken for what it is", name, int(rows.sum()), right))
        figures.append(Figure("not sure", name, int(rows.sum()), unsure))
    for kind, other in ((CHEST, BONE), (BONE, CHEST)):
        rows = kinds == kind
        wrong = float(((best[rows] == other) & sure[rows]).mean())
        figures.append(
            Figure(
                f"surely taken for {'bone' if other == BONE else 'chest'}",
                NAMES[kind],
                int(rows.sum()),
                wrong,
            )
        )
    return figures


def _sections() -> dict[str, list[str]]:
    return {
        "Intended use": [
            "Keeps the chest model from limbs, the bone model from chests, and both from anything else."
        ],
        "Data": [
            "Chest: Kermany et al. 2018 (doi:10.17632/rscbjbr9sj.2, CC BY 4.0) and NIH ChestX-ray14 "
            "(Wang et al., CVPR 2017; "
            "NIH Clinical Center, https://nihcc.app.box.com/v/ChestXray-NIHCC).",
            "Bone: FracAtlas (Abedeen et al., Sci Data 10:521, 2023, doi:10.1038/s41597-023-02432-4, CC "
            "BY 4.0).",
            "Other: drawn by program (tracings, text, noise, fans, ellipses, gradients, bars) and films "
            "inverted, cut or tiled.",
            "Trained on the train splits; the figures are of test and devtest, stretched and relit as in "
            "training.",
        ],
        "Method": [
            "A network of 0.2 million weights on a thumbnail of 96 px; long side kept, the rest black."
        ],
        "Thresholds": [
            f"Sure from {SURE['chest']} (chest), {SURE['bone']} (limb), {SURE['other']} (neither), "
            "chosen on val; "
            "below that the header must name the part itself."
        ],
        "Limits": [
            "Lateral chests were not shown to it: only the header can say so.",
            "The other pictures are drawn, not real: a real CT, ultrasound or photograph is stopped by "
            "header and colour first.",
            "Inverted films are learned from inverted squares of the packs; a partly inverted one is not.",
        ],
    }
