"""Cards written again from shipped weights: `python -m ai_models.train again --data DIR [--model NAME]`.

Runs no training: onnxruntime evaluates weights.onnx of each findings folder on the split that its card
reports, with the thresholds of the card, and figures, failures, what was tried and plots are written anew.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ai_models.catalogue import check_weights, read_catalogue
from ai_models.registry import FINDINGS
from ai_models.session import Session
from ai_models.train.card import Evaluated, write_again
from ai_models.train.figures import threshold_for_f1

Evaluation = Callable[[Session, Path, dict[str, Any], Path], Evaluated]


def main(arguments: list[str]) -> None:
    """Evaluate one model or all and write their cards."""
    parser = argparse.ArgumentParser(prog="python -m ai_models.train again", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ecg/, cxr/ and fracture/")
    parser.add_argument("--model", choices=sorted(EVALUATIONS), help="only this one")
    parser.add_argument("--findings", type=Path, default=FINDINGS, help="other than the shipped folder")
    given = parser.parse_args(arguments)
    for name in [given.model] if given.model else sorted(EVALUATIONS):
        write_card_again(given.findings / name, given.data)
        print(f"{name}: card written", flush=True)


def write_card_again(folder: Path, data: Path) -> None:
    """Write the card of one folder from its weights. Raises BrokenModel where they are not the card's."""
    catalogue = read_catalogue(folder)
    check_weights(catalogue)
    settings = json.loads((folder / "card.json").read_text(encoding="utf-8"))["settings"]
    said = EVALUATIONS[catalogue.name](Session(catalogue.weights), data, settings, folder)
    write_again(folder, said)


def _bone(session: Session, data: Path, settings: dict[str, Any], folder: Path) -> Evaluated:
    from ai_models.train.bone_card import evaluated
    from ai_models.train.bone_data import load_bone

    return evaluated(session, load_bone(data / "fracture", "devtest"), settings, folder)


def _chest(session: Session, data: Path, settings: dict[str, Any], folder: Path) -> Evaluated:
    from ai_models.train.chest_card import evaluated, probabilities
    from ai_models.train.chest_data import CHILDREN, load_chest

    if "best_on_val" not in settings:
        val = load_chest(data / "cxr", "val")
        children = val.only(val.column("source") == CHILDREN)
        best = threshold_for_f1(children.labels, probabilities(session, children.pixels))
        settings = settings | {"best_on_val": best}
    return evaluated(session, load_chest(data / "cxr", "test"), settings, folder)


def _ecg(session: Session, data: Path, settings: dict[str, Any], folder: Path) -> Evaluated:
    from ai_models.train.ecg_card import evaluated
    from ai_models.train.ecg_data import REPORT_FOLDS, load_folds

    return evaluated(session, load_folds(data / "ecg", REPORT_FOLDS), settings["thresholds"], folder)


EVALUATIONS: dict[str, Evaluation] = {"bone_fracture": _bone, "chest_pneumonia": _chest, "ecg_ptbxl": _ecg}
