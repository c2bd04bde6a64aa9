"""The ECG job: 59 PTB-XL labels from eight independent leads at 100 Hz, by the mean of a few networks."""

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
from ai_models.train.ecg_net import MEMBERS, EcgEnsemble, EcgNet
from ai_models.train.figures import macro_auc
from ai_models.train.loop import Plan, Task, member_plan, train, train_members
from ai_models.train.options import Options

BATCH = 64
EPOCHS = 14
#: Half of the batches are mixed pairs of records (Zhang et al., mixup, ICLR 2018), mostly of a small share.
MIXED_BATCHES = 0.5
#: The benchmark asks for forms only among records that have one: there they count once more.
FORM_AGAIN = 1.0


def run(options: Options) -> None:
    """Train on folds 1–7, choose thresholds on 8, report 9 once; export and write the card."""
    training = load_folds(options.data / "ecg", TRAIN_FOLDS)
    tuning = load_folds(options.data / "ecg", TUNE_FOLDS)
    plan = _plan(options, training)

    def one(number: int, its_plan: Plan) -> nn.Module:
        return _member(number, training, tuning, its_plan)

    if options.member is not None:
        one(options.member, member_plan(plan, options.member))
        return
    members = train_members(len(MEMBERS), one, plan)
    from ai_models.train.ecg_card import finish

    finish(EcgEnsemble(members), tuning, load_folds(options.data / "ecg", REPORT_FOLDS), options.out, plan)


def _plan(options: Options, training: EcgSet) -> Plan:
    return Plan(
        out=options.out,
        epochs=options.epochs or EPOCHS,
        steps_per_epoch=options.limit or len(training.labels) // BATCH,
        learning_rate=4e-3,
        resume=options.resume,
        weight_decay=0.05,
        average_decay=0.998,
        threads=options.threads,
        stop_after=options.stop_after,
        half=options.half,
    )


def _member(number: int, training: EcgSet, tuning: EcgSet, plan: Plan) -> nn.Module:
    torch.manual_seed(plan.seed)
    network = EcgNet(len(training.names), MEMBERS[number]).to(memory_format=torch.channels_last)
    weights = torch.from_numpy(_label_weights(training))
    task = Task(
        batches=lambda epoch: training_batches(training, BATCH, plan.seed + epoch),
        loss=lambda net, rows: _loss(net, training, rows, weights),
        validate=lambda net: _tuning_figures(net, tuning),
    )
    return train(network, task, plan)


def _label_weights(data: EcgSet) -> NDArray[np.float32]:
    """Return how much each label of each record counts, [n, labels]."""
    weights = np.ones_like(data.labels)
    form = data.columns("form")
    with_form = np.flatnonzero(data.labels[:, form].any(1))
    weights[np.ix_(with_form, form)] += FORM_AGAIN
    return weights


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


def _loss(network: nn.Module, data: EcgSet, rows: NDArray, weights: torch.Tensor) -> torch.Tensor:
    signal, labels = augmented(millivolts(data.microvolts[rows])), torch.from_numpy(data.labels[rows])
    counts = weights[rows]
    if torch.rand(()) < MIXED_BATCHES:
        share = 1 - 0.5 * torch.rand(len(rows), 1) ** 3
        signal = share.unsqueeze(-1) * signal + (1 - share.unsqueeze(-1)) * signal.flip(0)
        labels = share * labels + (1 - share) * labels.flip(0)
        counts = share * counts + (1 - share) * counts.flip(0)
    logits = network(signal).float()
    return nn.functional.binary_cross_entropy_with_logits(logits, labels, counts)


def _tuning_figures(network: nn.Module, data: EcgSet) -> dict[str, float]:
    score = probabilities(network, data)
    return {g: round(group_macro(data, score, g), 4) for g in ("super", "sub", "rhythm", "form")}
