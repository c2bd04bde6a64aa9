"""From a trained network to an ONNX file, proved equal on real inputs."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

OPSET = 17
#: Larger than rounding of 32-bit sums can explain: then the file is not the network that was evaluated.
LARGEST_DIFFERENCE = 1e-3


def export(
    network: nn.Module,
    examples: Tensor,
    path: Path,
    outputs: tuple[str, ...],
    moving: dict[int, str] | None = None,
) -> float:
    """Write `network` to `path` and return the largest difference between it and torch on `examples`.

    The input is called "input"; its first axis and those in `moving` (axis to name) may vary.
    Raises ValueError when the file does not answer as the network does.
    """
    network = network.eval().to(memory_format=torch.contiguous_format)
    axes = {0: "batch"} | (moving or {})
    torch.onnx.export(
        network,
        (examples[:1],),
        str(path),
        input_names=["input"],
        output_names=list(outputs),
        dynamic_axes={"input": axes} | {name: {0: "batch"} for name in outputs},
        opset_version=OPSET,
        dynamo=False,
    )
    difference = _difference(network, examples, path)
    if not difference <= LARGEST_DIFFERENCE:
        raise ValueError(f"{path.name} differs from torch by {difference:.2g}")
    return difference


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    return sha256(path.read_bytes()).hexdigest()


def _difference(network: nn.Module, examples: Tensor, path: Path) -> float:
    with torch.no_grad():
        wanted = network(examples)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = session.run(None, {"input": examples.numpy()})
    return max(float(np.abs(w.numpy() - g).max()) for w, g in zip(wanted, given, strict=True))
