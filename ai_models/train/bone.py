"""The bone job: is there a fracture, and boxes where."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.train.bone_data import LEFT_OUT, BoneSet, crops, epoch_order, load_bone
from ai_models.train.bone_loss import bone_loss
from ai_models.train.bone_net import BoneNet
from ai_models.train.figures import auc
from ai_models.train.loop import Plan, Task, train
from ai_models.train.options import Options
from ai_models.train.pictures import normalised, relit

BATCH = 24
EPOCHS = 5
LIGHT = 0.4  # hairline fractures drown in stronger changes of light
SIDE = 448  # what is read at the end: the whole picture, its long side so long, the rest black


def run(options: Options) -> None:
    """Train on crops of the train split, choose on val, report devtest once; export and write the card."""
    folder = options.data / "fracture"
    training, tuning = load_bone(folder, "train", LEFT_OUT), load_bone(folder, "val")
    plan = Plan(
        out=options.out,
        epochs=options.epochs or EPOCHS,
        steps_per_epoch=options.limit or len(epoch_order(training, 0)) // BATCH,
        learning_rate=4e-3,
        resume=options.resume,
        threads=options.threads,
        stop_after=options.stop_after,
        average_decay=0.99,
    )
    torch.manual_seed(plan.seed)
    task = Task(
        batches=lambda epoch: _batches(training, plan.seed + epoch),
        loss=lambda net, batch: bone_loss(net(batch[0]), batch[1]),
        validate=lambda net: _tuning_figures(net, tuning),
    )
    trained = train(BoneNet().to(memory_format=torch.channels_last), task, plan)
    from ai_models.train.bone_card import finish

    finish(trained, tuning, load_bone(folder, "devtest"), options.out, plan)


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


def _batches(data: BoneSet, seed: int) -> Iterator[tuple[Tensor, list[NDArray]]]:
    order, generator = epoch_order(data, seed), np.random.default_rng(seed)
    for at in range(0, len(order) - BATCH + 1, BATCH):
        batch = crops(data, order[at : at + BATCH], generator)
        pixels = normalised(relit(batch.pixels, LIGHT))
        yield pixels.to(memory_format=torch.channels_last), batch.boxes


def _tuning_figures(network: nn.Module, data: BoneSet) -> dict[str, float]:
    answers = [(picture, heat.max()) for picture, heat, _ in whole_pictures(network, data)]
    score = np.array(answers)
    return {
        "picture": round(auc(data.labels, score[:, 0]), 4),
        "heat": round(auc(data.labels, score[:, 1]), 4),
        "both": round(auc(data.labels, score[:, 0] + score[:, 1]), 4),
    }
