"""What the recording device measured and said of an ECG (WaveformAnnotationSequence)."""

import math

from pydicom.dataset import Dataset

#: Concepts by coding scheme and value: SCPECG and MDC of PS3.16 CID 3228, 3229, 3230; LOINC for the rate.
CONCEPTS = {
    ("LN", "8867-4"): "heart_rate",
    ("SCPECG", "5.10.2.1-3"): "rr", ("MDC", "2:16168"): "rr",
    ("SCPECG", "5.13.5-7"): "pr", ("MDC", "2:15872"): "pr",
    ("SCPECG", "5.13.5-9"): "qrs", ("MDC", "2:16156"): "qrs",
    ("SCPECG", "5.13.5-11"): "qt", ("MDC", "2:16160"): "qt",
    ("SCPECG", "5.10.2.5-5"): "qtc", ("MDC", "2:15876"): "qtc", ("MDC", "2:15880"): "qtc",
    ("SCPECG", "5.10.3-11"): "axis_p", ("MDC", "2:16128"): "axis_p",
    ("SCPECG", "5.10.3-13"): "axis_qrs", ("MDC", "2:16132"): "axis_qrs",
    ("SCPECG", "5.10.3-15"): "axis_t", ("MDC", "2:16136"): "axis_t",
}  # fmt: skip
#: Concepts by their words, for devices with codes of their own.
WORDS = {
    "heart rate": "heart_rate", "ventricular heart rate": "heart_rate", "ventricular rate": "heart_rate",
    "rr interval": "rr", "pr interval": "pr", "pq interval": "pr", "qrs duration": "qrs", "qt interval": "qt",
    "qtc interval": "qtc", "p axis": "axis_p", "qrs axis": "axis_qrs", "t axis": "axis_t",
}  # fmt: skip
TO_MILLISECONDS = {"ms": 1.0, "s": 1000.0, "us": 0.001}
#: What a value may be; a device writes 0, 29999 or 32767 for what it could not measure.
POSSIBLE = {
    "heart_rate": (10.0, 400.0), "rr": (150.0, 6000.0), "pr": (20.0, 1000.0), "qrs": (20.0, 500.0),
    "qt": (100.0, 1200.0), "qtc": (100.0, 1200.0),
    "axis_p": (-360.0, 360.0), "axis_qrs": (-360.0, 360.0), "axis_t": (-360.0, 360.0),
}  # fmt: skip


def machine_values(dataset: Dataset) -> dict[str, float]:
    """Return the device's global measurements: ms for intervals, bpm, degrees; only possible values.

    Names: heart_rate, rr, pr, qrs, qt, qtc, axis_p, axis_qrs, axis_t. The first value of each counts; a
    missing rate is 60000 / RR.
    """
    found: dict[str, float] = {}
    for annotation in dataset.get("WaveformAnnotationSequence") or []:
        name = _concept(annotation)
        value = _value(annotation)
        if name and value is not None and name not in found and _is_possible(name, value):
            found[name] = value
    if "rr" in found and "heart_rate" not in found:
        found["heart_rate"] = round(60000.0 / found["rr"], 1)
    return found


def machine_statements(dataset: Dataset) -> tuple[str, ...]:
    """Return the device's own statements in their order, each once."""
    said = []
    for annotation in dataset.get("WaveformAnnotationSequence") or []:
        text = str(annotation.get("UnformattedTextValue") or "").strip()
        concepts = annotation.get("ConceptCodeSequence") or []
        said += [text] if text else [str(code.get("CodeMeaning", "")).strip() for code in concepts]
    return tuple(dict.fromkeys(statement for statement in said if statement))


def _concept(annotation: Dataset) -> str | None:
    for code in annotation.get("ConceptNameCodeSequence") or []:
        key = (str(code.get("CodingSchemeDesignator", "")).strip(), str(code.get("CodeValue", "")).strip())
        return CONCEPTS.get(key) or WORDS.get(str(code.get("CodeMeaning", "")).strip().lower())
    return None


def _value(annotation: Dataset) -> float | None:
    """The number, intervals in ms whatever their unit."""
    raw = annotation.get("NumericValue")
    first = raw[0] if hasattr(raw, "append") and raw else raw
    try:
        number = float(first)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    units = annotation.get("MeasurementUnitsCodeSequence") or []
    unit = str(units[0].get("CodeValue", "")).strip() if units else ""
    return number * TO_MILLISECONDS.get(unit, 1.0) if math.isfinite(number) else None


def _is_possible(name: str, value: float) -> bool:
    low, high = POSSIBLE[name]
    return low <= value <= high
