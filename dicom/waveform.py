"""From an ECG object to microvolts by lead: what is drawn, measured and given to the models."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.waveforms import multiplex_array

from dicom.ecg_annotations import machine_statements, machine_values
from dicom.errors import NotAnEcg
from dicom.facts import ECG_CLASSES
from dicom.leads import lead_of
from hub.domain.subject import TWELVE_LEADS, EcgRecord

#: To µV from the units that devices write (UCUM).
MICROVOLTS_IN = {"uV": 1.0, "mV": 1000.0, "V": 1e6, "nV": 0.001, "µV": 1.0, "microvolt": 1.0}
#: 12 leads for 24 hours at 1000 Hz in 16 bits are 2 GB: beyond this a record is not unpacked whole.
SAMPLE_LIMIT = 64 * 1024 * 1024
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 40.0, 40_000.0


def ecg_record(dataset: Dataset) -> EcgRecord:
    """Return the rhythm recording: float32 µV [lead, sample], leads in TWELVE_LEADS order where present.

    Of several groups the longest original one is taken, so a median beat never is. III, aVR, aVL and aVF
    are computed from I and II where they are absent; samples equal to the padding value are NaN.
    Raises NotAnEcg with a sentence for anything else, haemodynamic waveforms included.
    """
    sop_class = str(dataset.get("SOPClassUID") or "")
    if sop_class not in ECG_CLASSES:
        raise NotAnEcg(f"SOP Class {sop_class[:64] or 'unknown'} is no electrocardiogram")
    try:
        return _record(dataset)
    except NotAnEcg:
        raise
    except Exception as error:  # broken elements raise whatever pydicom makes of them
        raise NotAnEcg(f"the waveform cannot be read: {type(error).__name__}") from None


def _record(dataset: Dataset) -> EcgRecord:
    index = _rhythm_group(dataset)
    group = dataset.WaveformSequence[index]
    rate = float(group.SamplingFrequency)
    if not LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ:
        raise NotAnEcg(f"a sampling frequency of {rate:g} Hz is none of an electrocardiogram")
    by_lead = _by_lead(dataset, index)
    _derive_limb_leads(by_lead)
    leads = tuple(lead for lead in TWELVE_LEADS if lead in by_lead)
    if not leads:
        raise NotAnEcg("no channel is one of the twelve standard leads")
    return EcgRecord(
        leads=leads,
        rate_hz=rate,
        microvolts=np.stack([by_lead[lead] for lead in leads]).astype(np.float32),
        filters=_filters(group),
        statements=machine_statements(dataset),
        annotations=machine_values(dataset),
    )


def _rhythm_group(dataset: Dataset) -> int:
    """Return the index of the longest group, one labelled RHYTHM first and a derived one last."""
    groups = list(dataset.get("WaveformSequence") or [])
    if not groups:
        raise NotAnEcg("the object has no waveform")

    def merit(index: int) -> tuple[bool, bool, float]:
        group = groups[index]
        label = str(group.get("MultiplexGroupLabel") or "").upper()
        seconds = int(group.get("NumberOfWaveformSamples") or 0) / float(group.get("SamplingFrequency") or 1)
        return str(group.get("WaveformOriginality")).upper() != "DERIVED", "RHYTHM" in label, seconds

    best = max(range(len(groups)), key=merit)
    size = int(groups[best].NumberOfWaveformSamples) * int(groups[best].NumberOfWaveformChannels)
    if not 0 < size <= SAMPLE_LIMIT:
        raise NotAnEcg(f"a recording of {size} samples is not one that is unpacked here")
    return best


def _by_lead(dataset: Dataset, index: int) -> dict[str, np.ndarray]:
    """Return µV by lead; the first channel of a lead counts."""
    group = dataset.WaveformSequence[index]
    values = multiplex_array(dataset, index, as_raw=False)
    padding = _padding(dataset, index)
    by_lead: dict[str, np.ndarray] = {}
    for number, channel in enumerate(group.ChannelDefinitionSequence):
        lead = lead_of(channel)
        if lead is None or lead in by_lead:
            continue
        microvolts = values[:, number].astype(np.float64) * _to_microvolts(channel)
        if padding is not None:
            microvolts[padding[:, number]] = np.nan
        by_lead[lead] = microvolts
    return by_lead


def _padding(dataset: Dataset, index: int) -> np.ndarray | None:
    """Which samples are padding (PS3.3 C.10.9.1.4), or None when no padding value is given."""
    group = dataset.WaveformSequence[index]
    value = group.get("WaveformPaddingValue")
    if not isinstance(value, bytes) or not value:
        return None
    raw = multiplex_array(dataset, index, as_raw=True)
    return raw == np.frombuffer(value[: raw.itemsize], raw.dtype)[0]


def _to_microvolts(channel: Dataset) -> float:
    """Sensitivity is applied already; its unit is not. A channel without one is in raw numbers."""
    units = channel.get("ChannelSensitivityUnitsSequence") or []
    if not units:
        raise NotAnEcg("a channel does not say in which unit it is")
    code = str(units[0].get("CodeValue", "")).strip()
    if code not in MICROVOLTS_IN:
        raise NotAnEcg(f"a channel is in {code[:16] or 'an unnamed unit'}, which is no voltage")
    return MICROVOLTS_IN[code]


def _derive_limb_leads(by_lead: dict[str, np.ndarray]) -> None:
    """Einthoven and Goldberger: III = II − I, aVR = −(I + II)/2, aVL = I − II/2, aVF = II − I/2."""
    if "I" not in by_lead or "II" not in by_lead:
        return
    one, two = by_lead["I"], by_lead["II"]
    derived = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    for lead, microvolts in derived.items():
        by_lead.setdefault(lead, microvolts)


def _filters(group: Dataset) -> tuple[str, ...]:
    """Return the first channel's filters as they are named on the trace."""
    channel = group.ChannelDefinitionSequence[0]
    said = [
        (channel.get("FilterLowFrequency"), "high-pass {:g} Hz"),
        (channel.get("FilterHighFrequency"), "low-pass {:g} Hz"),
        (channel.get("NotchFilterFrequency"), "notch {:g} Hz"),
    ]
    return tuple(words.format(float(value)) for value, words in said if value and float(value) > 0)
