"""The training loop all models share: seeded epochs, averaged weights, a checkpoint after every epoch."""

import csv
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from ai_models.train.plots import training_plot

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn; `seed` fixes the order, the augmentation and the start."""

    out: Path
    epochs: int
    steps_per_epoch: int
    learning_rate: float
    resume: bool = False
    seed: int = 20260101
    weight_decay: float = 0.02
    average_decay: float = 0.995
    threads: int = 2
    stop_after: int | None = None
    #: Epochs between two looks at the tuning patients; the last one always looks.
    look_every: int = 1
    #: Products in bfloat16 where the processor has them: twice the pace, the sums stay in 32 bits.
    half: bool = False

    @property
    def length(self) -> str:
        """Return how many epochs were learnt, in words; a schedule may be left before its end."""
        if self.stop_after is None or self.stop_after >= self.epochs:
            return f"{self.epochs} epochs"
        return f"the first {self.stop_after} epochs of a schedule of {self.epochs}"


@dataclass(frozen=True)
class Task:
    """What differs between models: the batches of an epoch, the loss of one, the figures to log."""

    batches: Callable[[int], Iterable[Any]]
    loss: Callable[[nn.Module, Any], Tensor]
    validate: Callable[[nn.Module], dict[str, float]]


def train(network: nn.Module, task: Task, plan: Plan) -> nn.Module:
    """Train with AdamW on a one-cycle schedule and return the exponentially averaged network.

    After each epoch `plan.out` holds a checkpoint and, where the tuning patients were looked at, one more row
    of log.csv and its plot; with `resume` a run that was cut off goes on after its last full epoch, with the
    same batches it would have had.
    """
    torch.set_num_threads(plan.threads)
    plan.out.mkdir(parents=True, exist_ok=True)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(plan.average_decay), use_buffers=True)
    optimiser = torch.optim.AdamW(_groups(network, plan), lr=plan.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [group["lr"] for group in optimiser.param_groups],
        total_steps=plan.epochs * plan.steps_per_epoch + 1,
        pct_start=0.15,
    )
    parts = {"network": network, "average": average, "optimiser": optimiser, "schedule": schedule}
    done = _restore(parts, plan.out) if plan.resume else 0
    for epoch in range(done, min(plan.stop_after or plan.epochs, plan.epochs)):
        started = time.monotonic()
        torch.manual_seed(plan.seed + epoch)
        loss = _epoch(parts, task, plan, epoch)
        looked = (epoch + 1) % plan.look_every == 0 or epoch + 1 == plan.epochs
        figures = task.validate(average.module.eval()) if looked else {}
        row = {"epoch": epoch + 1, "seconds": round(time.monotonic() - started), "loss": loss, **figures}
        print(row, flush=True)
        if looked:
            _log(plan.out / "log.csv", row)
            training_plot(plan.out / "log.csv", plan.out / "training.png")
        _save(parts, plan.out, epoch + 1)
    return average.module.eval()


def train_members(count: int, one: Callable[[int, Plan], nn.Module], plan: Plan) -> list[nn.Module]:
    """Train `count` networks, each with its own seed in its own folder member<number> of `plan.out`."""
    return [one(number, member_plan(plan, number)) for number in range(count)]


def member_plan(plan: Plan, number: int) -> Plan:
    """Return the plan of one network of an average."""
    return replace(plan, out=plan.out / f"member{number}", seed=plan.seed + 1000 * number)


def _groups(network: nn.Module, plan: Plan) -> list[dict[str, Any]]:
    """Weights decay, biases and norms do not; parameters marked `slow` learn at a tenth of the rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            key = (parameter.ndim > 1, bool(getattr(parameter, "slow", False)))
            groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "weight_decay": plan.weight_decay if decays else 0.0,
            "lr": plan.learning_rate * (0.1 if slow else 1.0),
        }
        for (decays, slow), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


def _epoch(parts: dict[str, Any], task: Task, plan: Plan, epoch: int) -> float:
    parts["network"].train()
    total, steps = 0.0, 0
    bar = tqdm(
        total=plan.steps_per_epoch, desc=f"epoch {epoch + 1}/{plan.epochs}", mininterval=5, leave=False
    )
    for batch in itertools.islice(task.batches(epoch), plan.steps_per_epoch):
        parts["optimiser"].zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
            loss = task.loss(parts["network"], batch)
        loss.backward()
        nn.utils.clip_grad_norm_(parts["network"].parameters(), 2.0)
        parts["optimiser"].step()
        parts["schedule"].step()
        parts["average"].update_parameters(parts["network"])
        total, steps = total + float(loss.detach()), steps + 1
        bar.update()
        bar.set_postfix(loss=f"{total / steps:.4f}", refresh=False)
    bar.close()
    return total / max(steps, 1)


def _log(path: Path, row: dict[str, Any]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def _save(parts: dict[str, Any], out: Path, epochs: int) -> None:
    """Write beside and rename, so that a run cut off while saving keeps the checkpoint before."""
    state = {name: part.state_dict() for name, part in parts.items()} | {"epochs": epochs}
    torch.save(state, out / "checkpoint.part")
    (out / "checkpoint.part").replace(out / CHECKPOINT)


def _restore(parts: dict[str, Any], out: Path) -> int:
    path = out / CHECKPOINT
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["epochs"])
