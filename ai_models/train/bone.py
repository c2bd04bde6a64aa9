"""The bone job: is there a fracture, and boxes where, by the mean of two networks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.findings.bone_fracture.boxes import decode
from ai_models.train.bone_data import CANVAS, LEFT_OUT, BoneSet, Moves, crops, epoch_order, load_bone
from ai_models.train.bone_loss import bone_loss
from ai_models.train.bone_net import BoneMean, BoneNet
from ai_models.train.box_figures import average_precision, matched
from ai_models.train.figures import auc
from ai_models.train.loop import Plan, Task, member_plan, train, train_members
from ai_models.train.options import Options
from ai_models.train.pictures import normalised, relit

BATCH = 24
LIGHT = 0.4  # hairline fractures drown in stronger changes of light
SIDE = 448  # what is read at the end: the whole picture, its long side so long, the rest black


@dataclass(frozen=True)
class Recipe:
    """How one member of the mean learns; members differ in it, not in their seed."""

    epochs: int
    weight_decay: float
    moves: Moves


RECIPES = (
    Recipe(12, 0.05, Moves((-0.36, 0.47), 0.4, (0.5, 0.4))),
    Recipe(18, 0.02, Moves((-0.29, 0.34), 0.25, (0.5, 0.25))),
)


def run(options: Options) -> None:
    """Train on crops of the train split, choose on val, report devtest once; export and write the card."""
    folder = options.data / "fracture"
    training, tuning = load_bone(folder, "train", LEFT_OUT), load_bone(folder, "val")
    plan = Plan(
        out=options.out,
        epochs=options.epochs or RECIPES[0].epochs,
        steps_per_epoch=options.limit or len(epoch_order(training, 0)) // BATCH,
        learning_rate=3e-3,
        resume=options.resume,
        threads=options.threads,
        stop_after=options.stop_after,
        average_decay=0.995,
        half=options.half,
        look_every=3,
    )

    def one(number: int, its_plan: Plan) -> nn.Module:
        recipe = RECIPES[number]
        epochs = options.epochs or recipe.epochs
        its_plan = replace(its_plan, seed=plan.seed, epochs=epochs, weight_decay=recipe.weight_decay)
        return _member(training, tuning, its_plan, recipe.moves)

    if options.member is not None:
        one(options.member, member_plan(plan, options.member))
        return
    members = train_members(len(RECIPES), one, plan)
    from ai_models.train.bone_card import finish

    finish(BoneMean(members), tuning, load_bone(folder, "devtest"), options.out)


def _member(training: BoneSet, tuning: BoneSet, plan: Plan, moves: Moves) -> nn.Module:
    torch.manual_seed(plan.seed)
    task = Task(
        batches=lambda epoch: _batches(training, plan.seed + epoch, moves),
        loss=lambda net, batch: bone_loss(net(batch[0]), batch[1]),
        validate=lambda net: _tuning_figures(net, tuning),
    )
    return train(BoneNet().to(memory_format=torch.channels_last), task, plan)


def whole_pictures(network: nn.Module, data: BoneSet) -> Iterator[tuple[float, NDArray, NDArray]]:
    """Yield picture logit, heat logits [56, 56] and distances [4, 56, 56] of each picture at 448 px."""
    network.eval()
    for pixels in data.pixels:
        canvas = torch.from_numpy(pixels).float()[None, None]
        small = nn.functional.interpolate(
            canvas, size=(SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True
        )
        with torch.no_grad():
            picture, heat, distances = network(normalised(small).to(memory_format=torch.channels_last))
        yield float(picture), heat[0].numpy(), distances[0].numpy()


def _batches(data: BoneSet, seed: int, moves: Moves) -> Iterator[tuple[Tensor, list[NDArray]]]:
    order, generator = epoch_order(data, seed), np.random.default_rng(seed)
    for at in range(0, len(order) - BATCH + 1, BATCH):
        batch = crops(data, order[at : at + BATCH], generator, moves)
        pixels = normalised(relit(batch.pixels, LIGHT))
        yield pixels.to(memory_format=torch.channels_last), batch.boxes


def _tuning_figures(network: nn.Module, data: BoneSet) -> dict[str, float]:
    answers, boxed = [], []
    for drawn, (picture, heat, distances) in zip(data.boxes, whole_pictures(network, data), strict=True):
        answers.append((picture, heat.max()))
        boxes, chances = decode(heat, distances)
        boxed.append(matched(drawn, boxes * (CANVAS / SIDE), chances))
    score = np.array(answers)
    return {
        "picture": round(auc(data.labels, score[:, 0]), 4),
        "heat": round(auc(data.labels, score[:, 1]), 4),
        "both": round(auc(data.labels, score[:, 0] + score[:, 1]), 4),
        "map50": round(average_precision(boxed), 4),
    }
