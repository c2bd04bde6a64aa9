"""Onnxruntime sessions: one thread each, on the providers asked for, saying which one is really used."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

CPU = "CPUExecutionProvider"
#: What an operator may write instead of onnxruntime's own names.
SHORT = {"cpu": CPU, "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}
#: So many pictures or tracings that wait already are read in one run where a GPU reads them; nothing is
#: waited for. On a CPU one after the other is as quick.
TOGETHER = 8


class Session:
    """One loaded graph; `provider` is the one that runs it, whatever was asked for.

    A graph that a GPU cannot run (no memory left, driver gone) goes on on the CPU, and `fell_back` says so.
    """

    def __init__(self, weights: Path, providers: Sequence[str] = (CPU,)) -> None:
        self._weights = weights
        self.wanted = providers[0] if providers else CPU
        self._session = _opened(weights, usable(providers))

    @property
    def provider(self) -> str:
        """Return the provider that runs the graph."""
        return str(self._session.get_providers()[0])

    @property
    def fell_back(self) -> bool:
        """Tell whether another provider was asked for than the one that runs the graph."""
        return self.provider != self.wanted

    @property
    def together(self) -> int:
        """Return how many subjects are worth one run."""
        return 1 if self.provider == CPU else TOGETHER

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Return the shape of the one input; moving axes are names."""
        return tuple(self._session.get_inputs()[0].shape)

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return every output of the graph for one batch."""
        try:
            return self._run(array)
        except Exception:  # onnxruntime has a dozen kinds, none of them public
            if self.provider == CPU:
                raise
        self._session = _opened(self._weights, [CPU])
        return self._run(array)

    def _run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        outputs = self._session.run(None, {self._session.get_inputs()[0].name: array})
        return [np.asarray(output) for output in outputs]


def _opened(weights: Path, providers: Sequence[str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(weights), sess_options=options, providers=list(providers))


def providers_from(setting: str) -> tuple[str, ...]:
    """Return the providers that a setting such as "tensorrt,cuda,cpu" names, in its order."""
    words = [word.strip() for word in setting.split(",") if word.strip()]
    return tuple(SHORT.get(word.lower(), word) for word in words) or (CPU,)


def usable(providers: Sequence[str]) -> list[str]:
    """Return those of `providers` that this onnxruntime has, in order, and always the CPU at the end."""
    present = set(onnxruntime.get_available_providers())
    return [name for name in providers if name in present and name != CPU] + [CPU]
