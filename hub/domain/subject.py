"""What is put before a finding model: the header's facts, with pixels or samples beside them."""

from dataclasses import dataclass
from typing import Any

#: Order in which the twelve standard leads are stored, shown and given to models.
TWELVE_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


@dataclass(frozen=True)
class ImageFacts:
    """What the header says of an image; empty or None where it says nothing."""

    sop_class_uid: str
    modality: str = ""
    body_part: str = ""
    view_position: str = ""
    laterality: str = ""
    image_type: tuple[str, ...] = ()
    photometric: str = ""
    rows: int = 0
    columns: int = 0
    frames: int = 1
    study_description: str = ""
    series_description: str = ""
    patient_age_years: float | None = None
    patient_sex: str = ""
    spacing_mm: tuple[float, float] | None = None
    for_processing: bool = False


@dataclass(frozen=True)
class EcgRecord:
    """A resting ECG: `microvolts` is a float32 numpy array [lead, sample] in µV at `rate_hz`.

    `leads` names the rows in the standard's short form (I … V6). Missing samples are NaN.
    `filters` are sentences for the trace's label; `statements` and `annotations` are the machine's own.
    """

    leads: tuple[str, ...]
    rate_hz: float
    microvolts: Any
    filters: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    annotations: dict[str, float] | None = None

    @property
    def duration_ms(self) -> float:
        """Length of the recording in milliseconds."""
        return float(self.microvolts.shape[1]) * 1000.0 / self.rate_hz


@dataclass(frozen=True)
class EcgBeat:
    """The typical beat of a recording: `microvolts` is float64 [lead, sample] at `rate_hz`, as in EcgRecord.

    `marks` are ms from the beat's first sample: p_onset, p_offset, qrs_onset, qrs_offset, t_end, as far as
    each was found. `rr_ms` is the mean interval between complexes, `beats` how many were laid over another.
    """

    leads: tuple[str, ...]
    rate_hz: float
    microvolts: Any
    rr_ms: float
    beats: int
    marks: dict[str, float]
