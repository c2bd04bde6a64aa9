"""The chest job: pneumonia or not from a frontal film, with the map of where, by the mean of two networks."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from ai_models.train.chest_data import ADULTS, CHILDREN, ChestSet, epoch_order, load_chest, training_targets
from ai_models.train.chest_net import ChestMean, ChestNet
from ai_models.train.figures import auc
from ai_models.train.loop import Plan, Task, member_plan, train, train_members
from ai_models.train.options import Options
from ai_models.train.pictures import moved, normalised, relit

BATCH = 32
EPOCHS = 8
MEMBERS = 2
#: Training on smaller pictures than are read later costs less and loses nothing (Touvron et al., NeurIPS
#: 2019).
TRAIN_SIDE = 192
SMOOTHING = 0.05


def run(options: Options) -> None:
    """Train on the train split, choose the threshold on val, report test once per source."""
    folder = options.data / "cxr"
    training, tuning = load_chest(folder, "train"), load_chest(folder, "val")
    targets = training_targets(training)
    plan = Plan(
        out=options.out,
        epochs=options.epochs or EPOCHS,
        steps_per_epoch=options.limit or len(epoch_order(training, targets, 0)) // BATCH,
        learning_rate=4e-3,
        resume=options.resume,
        threads=options.threads,
        stop_after=options.stop_after,
        average_decay=0.99,
        half=options.half,
        look_every=2,
    )

    def one(number: int, its_plan: Plan) -> nn.Module:
        return _member(training, targets, tuning, its_plan)

    if options.member is not None:
        one(options.member, member_plan(plan, options.member))
        return
    members = train_members(MEMBERS, one, plan)
    from ai_models.train.chest_card import finish

    finish(ChestMean(members), tuning, load_chest(folder, "test"), options.out, plan)


def _member(training: ChestSet, targets: NDArray, tuning: ChestSet, plan: Plan) -> nn.Module:
    torch.manual_seed(plan.seed)
    task = Task(
        batches=lambda epoch: _batches(training, targets, plan.seed + epoch),
        loss=_loss,
        validate=lambda net: _tuning_figures(net, tuning),
    )
    return train(ChestNet().to(memory_format=torch.channels_last), task, plan)


def probabilities(network: nn.Module, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the probability of pneumonia of every square picture [n, side, side]."""
    network.eval()
    with torch.no_grad():
        parts = [
            torch.sigmoid(network(normalised(torch.from_numpy(pixels[at : at + 64])).unsqueeze(1))[0])
            for at in range(0, len(pixels), 64)
        ]
    return torch.cat(parts).double().numpy()


def _batches(data: ChestSet, targets: NDArray, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    order = epoch_order(data, targets, seed)
    for at in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[at : at + BATCH]
        pixels = torch.from_numpy(data.pixels[rows]).float().unsqueeze(1)
        lit = normalised(relit(moved(pixels, TRAIN_SIDE)))
        yield lit.to(memory_format=torch.channels_last), torch.from_numpy(targets[rows])


def _loss(network: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    pixels, targets = batch
    logits = network(pixels)[0].float()
    smooth = targets * (1 - 2 * SMOOTHING) + SMOOTHING
    return functional.binary_cross_entropy_with_logits(logits, smooth)


def _tuning_figures(network: nn.Module, data: ChestSet) -> dict[str, float]:
    score = probabilities(network, data.pixels)
    source = data.column("source")
    return {
        name: round(auc(data.labels[source == key], score[source == key]), 4)
        for name, key in (("children", CHILDREN), ("adults", ADULTS))
    }
