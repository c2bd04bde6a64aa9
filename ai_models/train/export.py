"""From a trained network to an ONNX file, proved equal on real inputs."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

OPSET = 17
#: Larger than 16-bit weights can explain: then the file is not the network that was trained.
LARGEST_DIFFERENCE = 2e-2
#: A weight file in the repository is no larger than this; what would be is stored with 16 bits.
LARGEST_FILE = 16_000_000
#: Weights of fewer numbers than this (norms, biases) are kept in 32 bits.
SMALLEST_HALVED = 1024


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
    if path.stat().st_size > LARGEST_FILE:
        _store_half(path)
    difference = _difference(network, examples, path)
    if not difference <= LARGEST_DIFFERENCE:
        raise ValueError(f"{path.name} differs from torch by {difference:.2g}")
    return difference


def _store_half(path: Path) -> None:
    """Keep the large weights as 16-bit numbers that are widened when the file is loaded: half the file, and
    the sums stay in 32 bits."""
    model = onnx.load(str(path))
    widened = []
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= SMALLEST_HALVED and not _is_depthwise(values):
            stored = f"{weight.name}.half"
            widened.append(onnx.helper.make_node("Cast", [stored], [weight.name], to=onnx.TensorProto.FLOAT))
            weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), stored))
    for node in reversed(widened):
        model.graph.node.insert(0, node)
    onnx.save(model, str(path))


def _is_depthwise(values: NDArray) -> bool:
    """Tell a convolution of each channel by itself: few numbers, and each one's rounding is felt."""
    return values.ndim == 4 and values.shape[1] == 1


def _difference(network: nn.Module, examples: Tensor, path: Path) -> float:
    with torch.no_grad():
        wanted = network(examples)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = session.run(None, {"input": examples.numpy()})
    return max(_apart(w.numpy(), g) for w, g in zip(wanted, given, strict=True))


def _apart(wanted: NDArray, given: NDArray) -> float:
    """Return the largest difference, of large values (pixels, logits) as a share of them."""
    return float((np.abs(wanted - given) / np.maximum(1.0, np.abs(wanted))).max())
