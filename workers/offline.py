"""Pre-reading files without a hub: every object under the given paths, on all cores."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hub.settings import Settings
from workers.children import Work, work_through


def pre_read_paths(paths: Iterable[Path], settings: Settings) -> Iterator[str]:
    """Yield one line of JSON per file below `paths`, in order, as soon as it is there.

    A file on which its process died is "not assessed", like one that holds nothing to read.
    """
    files = [str(file) for path in paths for file in _files(path)]
    how = (settings.onnx_providers, settings.ecg_rules)
    work = Work("workers.offline_child", "reader", how, line_of_lost)
    yield from work_through(files, work, _cores())


def line_of_lost(path: str, reason: str) -> str:
    """Return the line for a file whose reading never came to an end."""
    said: dict[str, Any] = {
        "path": path, "sop_instance_uid": "", "assessed": False, "reason": f"failed:{reason}", "model": "",
        "version": "", "milliseconds": 0.0, "scores": {}, "findings": [], "remarks": [],
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False)


def _files(path: Path) -> list[Path]:
    return sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else [path]


def _cores() -> int:
    """The cores that this process may use, which a container may have fewer of than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
