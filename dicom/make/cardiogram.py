"""A 12-lead ECG object from microvolts."""

from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.uid import TwelveLeadECGWaveformStorage

from dicom.make.person import Exam, Person, new_object
from hub.domain.subject import TWELVE_LEADS

#: SCP-ECG lead codes by PS3.16 CID 3001 (scheme SCPECG, EN 1064).
SCPECG_CODES = dict(
    zip(TWELVE_LEADS, ("1", "2", "61", "62", "63", "64", "3", "4", "5", "6", "7", "8"), strict=True)
)
SCPECG = "SCPECG"
PREFIX = "5.6.3-9-"
MISSING = -32768


def cardiogram(microvolts: Any, rate_hz: float, person: Person, exam: Exam) -> Dataset:
    """Return the ECG `microvolts` [12, samples] at `rate_hz`, leads in TWELVE_LEADS order, as 16-bit µV."""
    samples = np.asarray(microvolts, dtype=float)
    dataset = new_object(TwelveLeadECGWaveformStorage, person, exam)
    dataset.Modality = "ECG"
    dataset.SeriesDescription = "12-lead ECG"
    dataset.AcquisitionDateTime = exam.moment
    dataset.AcquisitionContextSequence = []
    dataset.WaveformSequence = [_group(samples, rate_hz)]
    return dataset


def _group(samples: np.ndarray, rate_hz: float) -> Dataset:
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = samples.shape
    group.SamplingFrequency = rate_hz
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = [_channel(lead) for lead in TWELVE_LEADS]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformPaddingValue = np.array(MISSING, "<i2").tobytes()
    group.WaveformData = _stored(samples).T.tobytes()
    return group


def _stored(samples: np.ndarray) -> np.ndarray:
    """16-bit µV; what is missing becomes the padding value, what is beyond the range its end."""
    kept = np.clip(np.round(np.nan_to_num(samples)), MISSING + 1, -MISSING - 1)
    return np.where(np.isnan(samples), MISSING, kept).astype("<i2")


def _channel(lead: str) -> Dataset:
    channel = Dataset()
    channel.ChannelSourceSequence = [coded(PREFIX + SCPECG_CODES[lead], SCPECG, f"Lead {lead}", "1.3")]
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = 1, 1
    channel.ChannelSensitivityUnitsSequence = [coded("uV", "UCUM", "microvolt", "1.4")]
    channel.ChannelBaseline, channel.ChannelSampleSkew = 0, 0
    channel.WaveformBitsStored = 16
    channel.FilterLowFrequency, channel.FilterHighFrequency = 0.05, 150
    return channel


def coded(value: str, scheme: str, meaning: str, version: str) -> Dataset:
    """Return one item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    item.CodingSchemeVersion = version
    return item
