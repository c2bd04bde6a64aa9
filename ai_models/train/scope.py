"""The scope job: an upright frontal chest, a limb, or what no model reads, from a thumbnail."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ai_models.train.loop import Plan, Task, train
from ai_models.train.options import Options
from ai_models.train.scope_data import Films, example, load_films
from ai_models.train.scope_net import ScopeNet

BATCH = 64
EPOCHS = 12


def run(options: Options) -> None:
    """Train on the train splits, look at val, report test and devtest once; export and write the card."""
    training, tuning = load_films(options.data, "train", "train"), load_films(options.data, "val", "val")
    plan = Plan(
        out=options.out,
        epochs=options.epochs or EPOCHS,
        steps_per_epoch=options.limit or len(training.kinds) // BATCH,
        learning_rate=4e-3,
        resume=options.resume,
        threads=options.threads,
        stop_after=options.stop_after,
        average_decay=0.99,
        half=options.half,
    )
    torch.manual_seed(plan.seed)
    task = Task(
        batches=lambda epoch: _batches(training, plan.seed + epoch),
        loss=lambda net, batch: nn.functional.cross_entropy(net(batch[0]), batch[1], label_smoothing=0.02),
        validate=lambda net: _tuning_figures(net, tuning),
    )
    trained = train(ScopeNet(), task, plan)
    from ai_models.train.scope_card import finish

    finish(trained, options.data, options.out)


def _batches(films: Films, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(films.kinds))
    for at in range(0, len(order) - BATCH + 1, BATCH):
        yield _tensors(films, order[at : at + BATCH], generator)


def _tensors(films: Films, rows: NDArray, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    pairs = [example(films, int(row), generator) for row in rows]
    thumbnails = torch.from_numpy(np.stack([picture for picture, _ in pairs])).unsqueeze(1)
    return thumbnails, torch.tensor([kind for _, kind in pairs])


def _tuning_figures(network: nn.Module, films: Films) -> dict[str, float]:
    generator = np.random.default_rng(1)
    right, total = 0, 0
    with torch.no_grad():
        for at in range(0, len(films.kinds), BATCH):
            rows = np.arange(at, min(at + BATCH, len(films.kinds)))
            thumbnails, kinds = _tensors(films, rows, generator)
            right += int((network(thumbnails).argmax(1) == kinds).sum())
            total += len(kinds)
    return {"accuracy": round(right / total, 4)}
