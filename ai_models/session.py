"""Onnxruntime sessions: one thread each, on the providers asked for, saying which one is really used."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

CPU = "CPUExecutionProvider"


class Session:
    """One loaded graph; `provider` is the one onnxruntime took, whatever was asked for."""

    def __init__(self, weights: Path, providers: Sequence[str] = (CPU,)) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(weights), sess_options=options, providers=usable(providers)
        )

    @property
    def provider(self) -> str:
        """Return the provider that runs the graph."""
        return str(self._session.get_providers()[0])

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Return the shape of the one input; moving axes are names."""
        return tuple(self._session.get_inputs()[0].shape)

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return every output of the graph for one batch."""
        outputs = self._session.run(None, {self._session.get_inputs()[0].name: array})
        return [np.asarray(output) for output in outputs]


def usable(providers: Sequence[str]) -> list[str]:
    """Return those of `providers` that this onnxruntime has, in order, and always the CPU at the end."""
    present = set(onnxruntime.get_available_providers())
    return [name for name in providers if name in present and name != CPU] + [CPU]
