"""Pre-reading files without a hub: every object under the given paths, on all cores."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ai_models.finding_model import FindingModel
from ai_models.registry import load_models, pre_read
from dicom.errors import DicomError
from dicom.load import load_dataset
from hub.domain.finding import Reading
from hub.settings import Settings
from workers.subjects import not_assessed, reason_of, subject_of

#: What a line says of a reading, in this order; an ECG's adds its measurements.
LINE = ("assessed", "reason", "model", "version", "milliseconds", "scores", "findings")


def pre_read_paths(paths: Iterable[Path], settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield one result per file below `paths`, in order, for each an object of JSON values.

    Sessions do not survive a fork, so that the processes are spawned and each loads the models once.
    """
    files = [file for path in paths for file in _files(path)]
    workers = max(1, min(os.cpu_count() or 1, len(files)))
    providers = tuple(settings.onnx_providers.split(","))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_read_one, files, [providers] * len(files), chunksize=4)


def _files(path: Path) -> list[Path]:
    return sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else [path]


def _read_one(path: Path, providers: tuple[str, ...]) -> dict[str, Any]:
    uid = ""
    try:
        dataset = load_dataset(path)
        uid = str(dataset.get("SOPInstanceUID", ""))
        reading = pre_read(_models(providers), subject_of(dataset))
    except DicomError as error:
        reading = not_assessed(reason_of(error))
    except Exception as error:  # whatever one file holds, the others are still read
        reading = not_assessed(f"failed:error:{type(error).__name__}")
    return {"path": str(path), "sop_instance_uid": uid, **_line(reading)}


def _line(reading: Reading) -> dict[str, Any]:
    said = reading.as_json()
    return {name: said[name] for name in LINE} | (
        {"measurements": said["measurements"]} if reading.measurements else {}
    )


@cache
def _models(providers: tuple[str, ...]) -> tuple[FindingModel, ...]:
    return load_models(providers)
