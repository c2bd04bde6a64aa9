"""Whether a model is shipped with 8 bits: `python -m ai_models.train eight-bits --data DIR [--model NAME]`.

Works on the shipped fp32 weights: activation ranges from the train split, AUC and speed of both networks on
the tuning patients (val, fold 8), never on those that the card reports. Both figures and the choice go into
the card; with `--ship` an 8-bit network that keeps up takes the place of the weights.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ai_models.catalogue import check_weights, digest, read_catalogue
from ai_models.registry import FINDINGS
from ai_models.train.again import write_card_again
from ai_models.train.card import rewrite
from ai_models.train.quantise import LARGEST_LOSS, Batch, Compared, compare, quantise

#: So many inputs of the train split give the ranges of the activations.
EXAMPLES = 256


@dataclass(frozen=True)
class Trial:
    """Inputs of the train split, inputs and labels of the tuning patients, and how an answer is scored."""

    examples: list[Batch]
    inputs: list[Batch]
    labels: NDArray[np.bool_]
    score: Callable[[list[Batch]], NDArray[np.float64]] = lambda outputs: outputs[0].astype(np.float64)
    #: Rows that are never pooled; none where all are of one kind.
    groups: tuple[NDArray[np.int64], ...] = ()


def main(arguments: list[str]) -> None:
    """Try one model or all, print both figures and write them into the card."""
    parser = argparse.ArgumentParser(prog="python -m ai_models.train eight-bits", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ecg/, cxr/ and fracture/")
    parser.add_argument("--model", choices=sorted(TRIALS), help="only this one")
    parser.add_argument("--findings", type=Path, default=FINDINGS, help="other than the shipped folder")
    parser.add_argument(
        "--ship", action="store_true", help="put a network that keeps up in the weights' place"
    )
    given = parser.parse_args(arguments)
    for name in [given.model] if given.model else sorted(TRIALS):
        found = decide(given.findings / name, given.data, given.ship)
        print(f"{name}: {sentence(found, given.ship and found.keeps_up)}", flush=True)


def decide(folder: Path, data: Path, ship: bool) -> Compared:
    """Compare both networks of one folder and write the choice into its card."""
    catalogue = read_catalogue(folder)
    check_weights(catalogue)
    trial = TRIALS[catalogue.name](data)
    with tempfile.TemporaryDirectory() as place:
        int8 = Path(place) / "int8.onnx"
        quantise(catalogue.weights, int8, trial.examples)
        found = max(_compared(catalogue.weights, int8, trial), key=lambda one: one.loss)
        ships = ship and found.keeps_up
        if ships:
            catalogue.weights.write_bytes(int8.read_bytes())
    rewrite(folder, eight_bits=asdict(found) | {"sentence": sentence(found, ships)})
    if ships:
        rewrite(folder, weights=_weights_of(folder, catalogue.weights))
        write_card_again(folder, data)
    return found


def _compared(fp32: Path, int8: Path, trial: Trial) -> Iterator[Compared]:
    for rows in trial.groups or (np.arange(len(trial.labels)),):
        yield compare(fp32, int8, [trial.inputs[row] for row in rows], trial.labels[rows], trial.score)


def sentence(found: Compared, ships: bool) -> str:
    """Return both figures, what they allow, and what the file is, in words."""
    choice = "8 bits may be shipped" if found.keeps_up else "fp32 it is"
    return (
        f"AUC on the tuning patients {found.auc_fp32:.4f} with fp32, {found.auc_int8:.4f} with static 8 bits "
        f"(QDQ, per channel; the group that loses most); {found.ms_fp32:.1f} and {found.ms_int8:.1f} ms an "
        f"input on one thread of a processor {_with()} 8-bit dot products (VNNI); "
        f"{found.bytes_fp32 / 1e6:.1f} and {found.bytes_int8 / 1e6:.1f} MB. {choice} "
        f"(8 bits where they lose at most {LARGEST_LOSS} and are quicker); the file is "
        f"{'8-bit' if ships else 'fp32'}."
    )


def _with() -> str:
    """Without them sums of 8-bit products are cut off at 16 bits: the scores depend on the machine."""
    try:
        return "with" if "vnni" in Path("/proc/cpuinfo").read_text(encoding="utf-8") else "without"
    except OSError:
        return "perhaps without"


def _weights_of(folder: Path, weights: Path) -> dict[str, object]:
    said: dict[str, object] = json.loads((folder / "card.json").read_text(encoding="utf-8"))["weights"]
    return said | {"sha256": digest(weights), "bytes": weights.stat().st_size}


def _chest(data: Path) -> Trial:
    from ai_models.train.chest_data import ADULTS, CHILDREN, load_chest

    train, val = load_chest(data / "cxr", "train"), load_chest(data / "cxr", "val")
    chosen = train.pixels[_some(len(train.pixels))]
    groups = tuple(np.flatnonzero(val.column("source") == source) for source in (CHILDREN, ADULTS))
    inputs = list(_batched(_normal(val.pixels)))
    return Trial(list(_batched(_normal(chosen))), inputs, val.labels > 0.5, groups=groups)


def _bone(data: Path) -> Trial:
    from ai_models.findings.bone_fracture.model import prepare
    from ai_models.train.bone_card import as_shown
    from ai_models.train.bone_data import load_bone

    train, val = as_shown(load_bone(data / "fracture", "train")), load_bone(data / "fracture", "val")
    examples = [prepare(train[row]) for row in _some(len(train))]
    return Trial(
        examples, [prepare(picture) for picture in as_shown(val)], val.labels > 0.5,
        lambda outputs: np.array([outputs[0].mean() + outputs[1].max()], np.float64),
    )  # fmt: skip


def _ecg(data: Path) -> Trial:
    from ai_models.train.ecg_data import TRAIN_FOLDS, TUNE_FOLDS, load_folds, millivolts

    train, tune = load_folds(data / "ecg", TRAIN_FOLDS[:1]), load_folds(data / "ecg", TUNE_FOLDS)
    examples = millivolts(train.microvolts[_some(len(train.labels))]).numpy()
    inputs = millivolts(tune.microvolts).numpy()
    return Trial(list(_batched(examples)), list(_batched(inputs)), tune.labels > 0.5)


TRIALS: dict[str, Callable[[Path], Trial]] = {
    "bone_fracture": _bone, "chest_pneumonia": _chest, "ecg_ptbxl": _ecg,
}  # fmt: skip


def _some(count: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(8).permutation(count)[:EXAMPLES])


def _normal(pixels: NDArray[np.uint8]) -> Batch:
    return (pixels[:, None].astype(np.float32) - 127.0) / 128.0


def _batched(inputs: Batch) -> Iterator[Batch]:
    yield from (inputs[at : at + 1] for at in range(len(inputs)))
