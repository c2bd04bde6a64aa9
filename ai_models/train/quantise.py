"""Static 8-bit networks: weights per channel, quantise and dequantise nodes, and what that costs in AUC."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from ai_models.session import Session
from ai_models.train.figures import auc

Batch = NDArray[np.float32]
#: More than this is not given away for speed.
LARGEST_LOSS = 0.005


@dataclass(frozen=True)
class Compared:
    """Both networks on the same inputs: AUC, milliseconds for one input, bytes of the file."""

    auc_fp32: float
    auc_int8: float
    ms_fp32: float
    ms_int8: float
    bytes_fp32: int
    bytes_int8: int

    @property
    def loss(self) -> float:
        """Return how much AUC the 8-bit network loses; negative where it gains."""
        return self.auc_fp32 - self.auc_int8

    @property
    def keeps_up(self) -> bool:
        """Tell whether the 8-bit network may be shipped: it loses little and is quicker."""
        return self.loss <= LARGEST_LOSS and self.ms_int8 < self.ms_fp32


def quantise(fp32: Path, int8: Path, examples: Iterable[Batch], input_name: str = "input") -> None:
    """Write the network `fp32` as static QDQ int8, per channel, to `int8`.

    `examples` are batches of the network's own input (some hundred inputs of the validation patients are
    enough); activation ranges are the smallest and largest values seen on them.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(fp32), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(int8), _Reader(examples, input_name),
            quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=False,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )  # fmt: skip


def compare(
    fp32: Path,
    int8: Path,
    inputs: Iterable[Batch],
    labels: NDArray[np.bool_],
    score: Callable[[list[Batch]], NDArray[np.float64]],
) -> Compared:
    """Run both networks over `inputs`, one batch at a time, and return their figures.

    `score` gives one number per input from a batch's outputs; `labels` [n] or, for several labels,
    [n, labels], whose AUCs are averaged.
    """
    batches = list(inputs)
    one, one_ms = _scores(fp32, batches, score)
    other, other_ms = _scores(int8, batches, score)
    return Compared(
        _macro_auc(labels, one), _macro_auc(labels, other), one_ms, other_ms,
        fp32.stat().st_size, int8.stat().st_size,
    )  # fmt: skip


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands the examples over one batch at a time."""

    def __init__(self, examples: Iterable[Batch], input_name: str) -> None:
        self._batches: Iterator[Batch] = iter(examples)
        self._name = input_name

    def get_next(self) -> dict[str, Batch] | None:
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


def _scores(
    path: Path, batches: list[Batch], score: Callable[[list[Batch]], NDArray[np.float64]]
) -> tuple[NDArray[np.float64], float]:
    session = Session(path)
    session.run(batches[0])
    began = time.perf_counter()
    found = np.concatenate([score(session.run(batch)) for batch in batches])
    return found, (time.perf_counter() - began) * 1000 / len(found)


def _macro_auc(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Labels that nobody or everybody has are left out."""
    columns = labels.reshape(len(labels), -1), scores.reshape(len(scores), -1)
    pairs = [
        (label, column) for label, column in zip(columns[0].T, columns[1].T, strict=True)
        if 0 < label.sum() < len(label)
    ]  # fmt: skip
    return float(np.mean([auc(label, column) for label, column in pairs]))
