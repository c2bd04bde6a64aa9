"""An ECG file read in a process of its own: what a broken one does to its parser, it does to nobody else."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from dicom.decode_messages import read_message, write_message
from dicom.ecg_files.foreign import ForeignEcg, Sitter, Taking
from dicom.ecg_files.refusals import NotImported
from hub.domain.subject import EcgRecord

HOUSE = Path(__file__).resolve().parents[2]
#: What an electrocardiograph writes for ten seconds is far below a megabyte; this is generous.
LARGEST_FILE = 16 * 1024 * 1024
#: The child may use 20 s of a processor; on a busy machine that takes longer than it would alone.
FILE_SECONDS = 180.0


def read_ecg_bytes(content: bytes) -> ForeignEcg:
    """Return the ECG in a file's bytes. Raises NotImported with a sentence, also when the parser died."""
    check_size(len(content))
    request = BytesIO()
    write_message(request, {}, content)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "dicom.ecg_files.child"], cwd=HOUSE, input=request.getvalue(),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=FILE_SECONDS, check=False,
            env={"PYTHONPATH": str(HOUSE), "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        answer = read_message(BytesIO(done.stdout))
    except subprocess.TimeoutExpired:
        answer = None
    if answer is None:
        raise NotImported("took-too-long")
    facts, payload = answer
    if "refused" in facts:
        raise NotImported(*facts["refused"])
    return foreign_from(facts, payload)


def check_size(size: int) -> None:
    """Raise NotImported for a file that no resting ECG is as large as."""
    if size > LARGEST_FILE:
        raise NotImported("too-large", f"{LARGEST_FILE >> 20} MiB")


def facts_of(ecg: ForeignEcg) -> dict[str, Any]:
    """Return all but the samples as JSON values."""
    record = ecg.record
    return {
        "format": ecg.format, "sitter": vars(ecg.sitter), "taking": vars(ecg.taking),
        "left_out": ecg.left_out, "filters_hz": ecg.filters_hz, "leads": record.leads,
        "rate_hz": record.rate_hz, "filters": record.filters, "statements": record.statements,
        "annotations": record.annotations,
    }  # fmt: skip


def foreign_from(facts: dict[str, Any], payload: bytes) -> ForeignEcg:
    """Return what `facts_of` and the float32 samples said."""
    leads = tuple(facts["leads"])
    samples = np.frombuffer(payload, "<f4").reshape(len(leads), -1)
    record = EcgRecord(
        leads, facts["rate_hz"], samples, tuple(facts["filters"]), tuple(facts["statements"]),
        facts["annotations"],
    )  # fmt: skip
    ecg = ForeignEcg(facts["format"], record, Sitter(**facts["sitter"]), Taking(**facts["taking"]))
    return replace(ecg, left_out=tuple(facts["left_out"]), filters_hz=tuple(facts["filters_hz"]))
