"""The ECG job: 59 PTB-XL labels from eight independent leads at 100 Hz."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ai_models.train.ecg_data import (
    REPORT_FOLDS,
    TRAIN_FOLDS,
    TUNE_FOLDS,
    EcgSet,
    augmented,
    load_folds,
    millivolts,
    training_batches,
)
from ai_models.train.ecg_net import EcgNet
from ai_models.train.figures import macro_auc
from ai_models.train.loop import Plan, Task, train
from ai_models.train.options import Options

BATCH = 64
EPOCHS = 10


def run(options: Options) -> None:
    """Train on folds 1–7, choose thresholds on 8, report 9 once; export and write the card."""
    training = load_folds(options.data / "ecg", TRAIN_FOLDS)
    tuning = load_folds(options.data / "ecg", TUNE_FOLDS)
    plan = Plan(
        out=options.out,
        epochs=options.epochs or EPOCHS,
        steps_per_epoch=options.limit or len(training.labels) // BATCH,
        learning_rate=4e-3,
        resume=options.resume,
        threads=options.threads,
        stop_after=options.stop_after,
    )
    torch.manual_seed(plan.seed)
    network = EcgNet(len(training.names))
    task = Task(
        batches=lambda epoch: training_batches(training, BATCH, plan.seed + epoch),
        loss=lambda net, rows: _loss(net, training, rows),
        validate=lambda net: _tuning_figures(net, tuning),
    )
    trained = train(network, task, plan)
    from ai_models.train.ecg_card import finish

    finish(trained, tuning, load_folds(options.data / "ecg", REPORT_FOLDS), options.out, plan)


def probabilities(network: nn.Module, data: EcgSet) -> NDArray[np.float64]:
    """Return the network's probability of every label for every record, [n, labels]."""
    network.eval()
    with torch.no_grad():
        parts = [
            torch.sigmoid(network(millivolts(data.microvolts[at : at + 128])))
            for at in range(0, len(data.labels), 128)
        ]
    return torch.cat(parts).double().numpy()


def group_macro(data: EcgSet, score: NDArray, group: str, rows: NDArray | None = None) -> float:
    """Macro AUC of a group as the PTB-XL benchmark has it: only records with a label of that group."""
    columns = data.columns(group)
    truth = data.labels[:, columns]
    chosen = np.arange(len(truth)) if rows is None else rows
    chosen = chosen[truth[chosen].any(1)]
    return macro_auc(truth[chosen], score[chosen][:, columns])


def _loss(network: nn.Module, data: EcgSet, rows: NDArray) -> torch.Tensor:
    logits = network(augmented(millivolts(data.microvolts[rows])))
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(data.labels[rows]))


def _tuning_figures(network: nn.Module, data: EcgSet) -> dict[str, float]:
    score = probabilities(network, data)
    return {g: round(group_macro(data, score, g), 4) for g in ("super", "sub", "rhythm", "form")}
