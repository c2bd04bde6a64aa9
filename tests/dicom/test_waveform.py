"""ECG objects become microvolts by lead, whatever the device called them; everything else is refused."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from dicom.errors import NotAnEcg
from dicom.leads import lead_of
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.domain.subject import TWELVE_LEADS

TWELVE_LEAD, HAEMODYNAMIC = "1.2.840.10008.5.1.4.1.1.9.1.1", "1.2.840.10008.5.1.4.1.1.9.2.1"
Pack = list[tuple[Path, dict[str, str]]]


def code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def group(leads: tuple[str, ...], samples: np.ndarray, unit: str = "uV", **elements: object) -> Dataset:
    """A multiplex group of int16 [samples, channels] with leads named in words."""
    made = Dataset()
    made.WaveformOriginality = "ORIGINAL"
    made.NumberOfWaveformSamples, made.NumberOfWaveformChannels = samples.shape
    made.SamplingFrequency = "500"
    made.WaveformBitsAllocated, made.WaveformSampleInterpretation = 16, "SS"
    made.ChannelDefinitionSequence = Sequence()
    for lead in leads:
        channel = Dataset()
        channel.ChannelSourceSequence = code("x", "99X", f"Lead {lead}")
        channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = "2.5", "1"
        channel.ChannelBaseline = "0"
        channel.ChannelSensitivityUnitsSequence = code(unit, "UCUM", "unit")
        made.ChannelDefinitionSequence.append(channel)
    made.WaveformData = samples.astype("<i2").tobytes()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def ecg(*groups: Dataset, sop_class: str = TWELVE_LEAD) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.SOPClassUID = sop_class
    dataset.WaveformSequence = Sequence(groups)
    return dataset


@pytest.fixture
def recorded(pack: Pack) -> Dataset:
    """A 12-lead ECG with a rhythm group, a median beat and the device's own measurements."""
    return load_dataset(next(path for path, _ in pack if path.name.endswith("waveform_ecg.dcm")))


def test_a_real_ecg_is_read_in_microvolts_by_lead(recorded: Dataset) -> None:
    record = ecg_record(recorded)
    assert (record.leads, record.rate_hz, record.duration_ms) == (TWELVE_LEADS, 1000.0, 10000.0)
    assert record.microvolts.dtype == np.float32 and record.microvolts.shape == (12, 10000)
    assert 500 < np.abs(record.microvolts).max() < 5000
    one, two, three = record.microvolts[:3]
    assert np.abs(one + three - two).max() <= 2.5
    assert record.filters == ("high-pass 0.05 Hz", "low-pass 300 Hz")


def test_sensitivity_is_applied_once(recorded: Dataset) -> None:
    raw = np.frombuffer(recorded.WaveformSequence[0].WaveformData, "<i2").reshape(-1, 12)
    assert np.allclose(ecg_record(recorded).microvolts[1], raw[:, 1] * 1.25)


def test_the_devices_own_measurements_and_statements_are_kept(recorded: Dataset) -> None:
    record = ecg_record(recorded)
    assert record.annotations == {
        "rr": 982.0, "pr": 161.0, "qrs": 75.0, "qt": 368.0, "qtc": 370.0,
        "axis_p": 74.0, "axis_qrs": 52.0, "axis_t": 57.0, "heart_rate": 61.1,
    }  # fmt: skip
    assert record.statements == ("RITMO SINUSALE", "ECG NORMALE")


def test_a_measurement_that_cannot_be_is_left_out(recorded: Dataset) -> None:
    for annotation in recorded.WaveformAnnotationSequence:
        if "NumericValue" in annotation:
            annotation.NumericValue = "0"
    values = ecg_record(recorded).annotations
    assert values == {"axis_p": 0.0, "axis_qrs": 0.0, "axis_t": 0.0}


def test_the_rhythm_is_taken_and_not_a_longer_median_beat() -> None:
    flat, beat = np.zeros((1000, 2)), np.ones((5000, 2))
    record = ecg_record(
        ecg(group(("I", "II"), beat, WaveformOriginality="DERIVED"), group(("I", "II"), flat))
    )
    assert record.microvolts.shape[1] == 1000


def test_haemodynamic_waveforms_are_refused_with_a_sentence(pack: Pack) -> None:
    path = next(path for path, row in pack if row["sop_class"] == "Hemodynamic Waveform Storage")
    with pytest.raises(NotAnEcg, match="no electrocardiogram"):
        ecg_record(load_dataset(path))
    with pytest.raises(NotAnEcg):
        ecg_record(ecg(group(("I", "II"), np.zeros((500, 2))), sop_class=HAEMODYNAMIC))


def test_pressures_under_an_ecg_class_are_refused() -> None:
    with pytest.raises(NotAnEcg, match="no voltage"):
        ecg_record(ecg(group(("I", "II"), np.zeros((500, 2)), unit="mm[Hg]")))
    with pytest.raises(NotAnEcg, match="standard leads"):
        ecg_record(ecg(group(("Aorta", "LV"), np.zeros((500, 2)))))


def test_limb_leads_that_were_left_out_are_computed() -> None:
    samples = np.tile([100, 160, 20, 30, 40, 50, 60, 70], (500, 1))
    record = ecg_record(ecg(group(("I", "II", "V1", "V2", "V3", "V4", "V5", "V6"), samples)))
    assert record.leads == TWELVE_LEADS
    assert record.microvolts[:6, 0].tolist() == [250.0, 400.0, 150.0, -325.0, 50.0, 275.0]


def test_leads_come_in_the_standard_order_whatever_the_channels_order() -> None:
    samples = np.tile([1, 2, 3], (500, 1))
    record = ecg_record(ecg(group(("V6", "V1", "III"), samples)))
    assert record.leads == ("III", "V1", "V6")
    assert record.microvolts[:, 0].tolist() == [7.5, 5.0, 2.5]


def test_millivolts_become_microvolts_and_padding_becomes_nan() -> None:
    samples = np.tile([1, 2], (500, 1))
    samples[10:20, 0] = -32768
    record = ecg_record(ecg(group(("I", "V1"), samples, unit="mV", WaveformPaddingValue=b"\x00\x80")))
    assert record.microvolts[0, 0] == 2500.0
    assert np.isnan(record.microvolts[0, 10:20]).all() and not np.isnan(record.microvolts[1]).any()


@pytest.mark.parametrize(
    ("value", "scheme", "meaning", "lead"),
    [
        ("5.6.3-9-62", "SCPECG", "aVR, augmented voltage, right", "aVR"),
        ("2:3", "MDC", "Lead V1", "V1"),
        ("MDC_ECG_LEAD_AVF", "MDC", "", "aVF"),
        ("x", "99", "Lead I (Einthoven)", "I"),
        ("x", "99", "导联 V5", "V5"),
        ("x", "99", "Lead aVL", "aVL"),
        ("x", "99", "C4", "V4"),
        ("x", "99", "Respiration", None),
    ],
)
def test_a_lead_is_known_by_code_or_by_words(value: str, scheme: str, meaning: str, lead: str | None) -> None:
    channel = Dataset()
    channel.ChannelSourceSequence = code(value, scheme, meaning)
    assert lead_of(channel) == lead


def test_a_label_alone_is_enough() -> None:
    channel = Dataset()
    channel.ChannelLabel = "aVF"
    assert lead_of(channel) == "aVF"


def test_broken_waveforms_are_refused_with_a_sentence() -> None:
    broken = group(("I", "II"), np.zeros((500, 2)))
    broken.WaveformData = b"\0" * 10
    for dataset in (ecg(), ecg(broken), ecg(group(("I", "II"), np.zeros((500, 2)), SamplingFrequency="0"))):
        with pytest.raises(NotAnEcg):
            ecg_record(dataset)
    endless = group(("I", "II"), np.zeros((500, 2)), NumberOfWaveformSamples=2**31)
    with pytest.raises(NotAnEcg, match="not one that is unpacked"):
        ecg_record(ecg(endless))
