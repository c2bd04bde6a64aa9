"""From ecgdatakit's record to ours: µV by lead, checked, since the library is young and files lie."""

import math
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from ecgdatakit import CorruptedFileError, ECGRecord, Parser
from ecgdatakit.parsing.parser import FileParser

from dicom.ecg_annotations import POSSIBLE
from dicom.ecg_files.foreign import ForeignEcg, Sitter, Taking
from dicom.ecg_files.pulse import without_pulse
from dicom.ecg_files.refusals import NotImported
from dicom.leads import lead_named
from dicom.write.clean import clean_text
from hub.domain.subject import TWELVE_LEADS, EcgRecord

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 80.0, 10_000.0
SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 900.0
#: Twelve leads of 15 minutes at 1000 Hz; beyond this nothing is unpacked.
MOST_SAMPLES = 12 * 900 * 1000
#: No electrode gives more; a converter that is out of its range may.
HIGHEST_UV = 300_000.0
VALUES = {
    "heart_rate": "heart_rate", "rr_interval": "rr", "pr_interval": "pr", "qrs_duration": "qrs",
    "qt_interval": "qt", "qtc_bazett": "qtc", "p_axis": "axis_p", "qrs_axis": "axis_qrs", "t_axis": "axis_t",
}  # fmt: skip
SEXES = {"M": "M", "F": "F", "MALE": "M", "FEMALE": "F", "O": "O"}
MOST_STATEMENTS, LONGEST_STATEMENT = 20, 200


def read_with_kit(parser: type[Parser], path: Path, name: str) -> ForeignEcg:
    """Return the ECG that ecgdatakit's `parser` reads from `path`; `name` is the format's, for sentences.

    Raises NotImported for whatever is wrong with the file, a parser that fails on it included.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = FileParser.parse(path, units="uV")
        except CorruptedFileError as error:
            if "entity declarations" in str(error):
                raise NotImported("hostile") from None
            raise NotImported(*_why(error, name)) from None
        except MemoryError:
            raise NotImported("took-too-long") from None
        except Exception:  # a young library fails on broken files in every way there is
            raise NotImported("broken", name) from None
    if found.file_format.parser != parser.__name__:
        raise NotImported("broken", name)
    return _foreign(found, name)


def _why(error: CorruptedFileError, name: str) -> tuple[str, ...]:
    said = str(error)
    return ("no-waveform",) if "No rhythm series" in said or "holds no samples" in said else ("broken", name)


def _foreign(found: ECGRecord, name: str) -> ForeignEcg:
    by_lead, left_out, rate = _by_lead(found.leads)
    leads = tuple(lead for lead in TWELVE_LEADS if lead in by_lead)
    samples = without_pulse(np.stack([by_lead[lead] for lead in leads]), rate)
    _check(samples, rate)
    filters = found.recording.acquisition.filters
    notch = filters.notch if filters.notch_active is not False else None
    record = EcgRecord(
        leads, rate, samples.astype(np.float32), statements=_statements(found), annotations=_values(found)
    )
    frequencies = tuple(_positive(value) for value in (filters.highpass, filters.lowpass, notch))
    return ForeignEcg(name, record, _sitter(found), _taking(found), left_out, frequencies)  # type: ignore[arg-type]


def _by_lead(channels: Sequence[Any]) -> tuple[dict[str, np.ndarray], tuple[str, ...], float]:
    """Return µV by standard lead, the names of other channels, and the one rate of the leads."""
    if not channels:
        raise NotImported("no-waveform")
    by_lead: dict[str, np.ndarray] = {}
    others, rates = [], set()
    for channel in channels:
        lead = lead_named(str(channel.label))
        if lead is None or lead in by_lead:
            others.append(clean_text(str(channel.label), 16))
            continue
        if channel.is_raw or channel.units != "uV":
            raise NotImported("no-voltage", clean_text(str(channel.label), 16))
        by_lead[lead] = np.asarray(channel.samples, dtype=np.float64).ravel()
        rates.add(float(channel.sampling_rate))
    if not by_lead:
        raise NotImported("no-lead")
    lengths = {len(samples) for samples in by_lead.values()}
    if len(rates) > 1 or len(lengths) > 1:
        raise NotImported("uneven")
    return by_lead, tuple(others), rates.pop()


def _check(samples: np.ndarray, rate: float) -> None:
    if not LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ:
        raise NotImported("rate", f"{rate:g}")
    seconds = samples.shape[1] / rate
    if seconds < SHORTEST_SECONDS:
        raise NotImported("too-short", f"{seconds:.3g}")
    if seconds > LONGEST_SECONDS or samples.size > MOST_SAMPLES:
        raise NotImported("too-long", f"{seconds / 60:.0f}")
    finite = samples[np.isfinite(samples)]
    if not finite.size:
        raise NotImported("no-waveform")
    if float(np.abs(finite).max()) > HIGHEST_UV:
        raise NotImported("too-high")


def _sitter(found: ECGRecord) -> Sitter:
    who = found.patient
    family, given = (clean_text(part, 60).replace("^", " ") for part in (who.last_name, who.first_name))
    return Sitter(
        patient_id=clean_text(who.patient_id or ""),
        name=f"{family}^{given}" if given else family,
        birth_date=who.birth_date.strftime("%Y%m%d") if who.birth_date else "",
        sex=SEXES.get((who.sex or "").strip().upper(), ""),
        age_years=who.age if who.age is not None and 0 < who.age <= 130 else None,
    )


def _taking(found: ECGRecord) -> Taking:
    said, device = found.recording, found.recording.device
    return Taking(
        moment=said.date.strftime("%Y%m%d%H%M%S") if isinstance(said.date, datetime) else "",
        manufacturer=clean_text(device.manufacturer or ""),
        model=clean_text(device.model or ""),
        software=clean_text(device.software_version or ""),
        institution=clean_text(device.institution or ""),
        accession=clean_text(str(found.raw_metadata.get("accession_number") or ""), 16),
    )


def _statements(found: ECGRecord) -> tuple[str, ...]:
    pairs = found.interpretation.statements[:MOST_STATEMENTS]
    joined = [" ".join(filter(None, (left.strip(), f"({right.strip()})" if right.strip() else "")))
              for left, right in pairs]  # fmt: skip
    return tuple(dict.fromkeys(clean_text(text, LONGEST_STATEMENT) for text in joined if text))


def _values(found: ECGRecord) -> dict[str, float]:
    """Return the device's measurements under our names: ms, bpm, degrees; only possible ones."""
    values: dict[str, float] = {}
    for theirs, ours in VALUES.items():
        value = getattr(found.measurements, theirs)
        low, high = POSSIBLE[ours]
        if value is not None and math.isfinite(value) and low <= value <= high:
            values[ours] = float(value)
    return values


def _positive(value: float | None) -> float:
    return float(value) if value is not None and math.isfinite(value) and 0 < value < 10_000 else 0.0
