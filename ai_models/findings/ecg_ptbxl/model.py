"""Statements on a twelve-lead ECG: 59 PTB-XL labels from the network, intervals from the full-rate signal."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_measure.measure import measure
from ai_models.ecg_quality.examine import grave_reason
from ai_models.ecg_signal import at_rate, filled, independent_leads, refuse_signal
from ai_models.finding_model import Answer
from hub.domain.finding import Finding
from hub.domain.subject import EcgRecord

RATE_HZ = 100.0
WINDOW = 1000  # 10 s, the length the network was trained on
MOST_WINDOWS = 6
LARGEST_MV = 5.0


def refuse(record: EcgRecord) -> str:
    """Return why the recording cannot be read, or ""."""
    return refuse_signal(record) or grave_reason(record)


def prepare(record: EcgRecord) -> NDArray[np.float32]:
    """Return millivolts float32 [windows, 8, samples] at 100 Hz, each lead's median removed per window."""
    leads = independent_leads(record)
    assert leads is not None
    signal = at_rate(filled(leads), record.rate_hz, RATE_HZ) / 1000.0
    windows = np.stack(_windows(signal))
    windows = windows - np.median(windows, axis=-1, keepdims=True)
    return windows.clip(-LARGEST_MV, LARGEST_MV).astype(np.float32)


def interpret(outputs: list[NDArray[np.float32]], record: EcgRecord, settings: dict[str, Any]) -> Answer:
    """Return all 59 probabilities (mean over windows), one finding each, and the measurements."""
    chances = [round(float(value), 5) for value in outputs[0].mean(axis=0)]
    scores = dict(zip(settings["labels"], chances, strict=True))
    words = statements()
    findings = tuple(
        Finding(code, *words.get(code, (code, code)), chance, threshold, chance >= threshold)
        for (code, chance), threshold in zip(scores.items(), settings["thresholds"], strict=True)
    )
    return Answer(scores, findings, measure(record))


@cache
def statements() -> dict[str, tuple[str, str]]:
    """Return the Chinese and English sentence of every label."""
    return {row["code"]: (row["zh"], row["en"]) for row in _rows()}


@cache
def statement_groups() -> dict[str, str]:
    """Return the group of every label in the statement library."""
    return {row["code"]: row["group"] for row in _rows()}


def _rows() -> list[dict[str, str]]:
    with (Path(__file__).parent / "statements.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _windows(signal: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return windows of 10 s spread evenly over the recording; a shorter recording is one window."""
    length = signal.shape[1]
    if length <= WINDOW:
        return [signal]
    count = min(MOST_WINDOWS, -(-length // WINDOW))
    starts = np.linspace(0, length - WINDOW, count).round().astype(int)
    return [signal[:, start : start + WINDOW] for start in starts]
