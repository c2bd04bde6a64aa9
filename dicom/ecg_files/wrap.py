"""An ECG out of a file as a DICOM ECG object, with the file itself inside, byte for byte.

The original lies in a private element of the object: it is durable by the same fsync, named by the same
digest, backed up and re-indexed with it, and can never be parted from what was made of it.
"""

import hashlib
from typing import Any
from uuid import UUID

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    GeneralECGWaveformStorage,
    TwelveLeadECGWaveformStorage,
)

from dicom.ecg_annotations import CONCEPTS
from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.samples import Stored, stored_samples
from dicom.make.cardiogram import PREFIX, SCPECG, SCPECG_CODES, coded
from dicom.write.clean import SHORT_STRING, clean_name, clean_text
from hub.domain.uid import UUID_ROOT, uid_from

#: The private block of the original: creator, then file, SHA-256, format (PS3.5 7.8).
GROUP, CREATOR = 0x0099, "READING HUB ORIGINAL"
ORIGINAL, DIGEST, FORMAT = 0x01, 0x02, 0x03
#: PS3.3 A.34.3.4.4: a 12-lead ECG has no more samples in a channel; a longer one is a General ECG.
MOST_TWELVE_LEAD_SAMPLES = 16_384
#: UUIDs made from a name (RFC 4122, 4.3), as `uid_from` makes them.
NAMED = 5
UNITS = {
    "heart_rate": ("{H.B.}/min", "heart beats per minute"),
    "axis_p": ("deg", "degree"), "axis_qrs": ("deg", "degree"), "axis_t": ("deg", "degree"),
}  # fmt: skip
MILLISECOND = ("ms", "millisecond")
#: Name in our measurements: code, scheme, meaning (PS3.16 CID 3228, 3229, 3230; LOINC for the rate).
MEANINGS = {
    "heart_rate": "Heart rate", "rr": "RR Interval", "pr": "PR Interval", "qrs": "QRS Duration",
    "qt": "QT Interval", "qtc": "QTc Interval", "axis_p": "P Axis", "axis_qrs": "QRS Axis",
    "axis_t": "T Axis",
}  # fmt: skip


def ecg_uid(site: str, content: bytes) -> str:
    """Return the SOP Instance UID that a file of a site always gets."""
    return uid_from("ecg-file", site, hashlib.sha256(content).hexdigest(), "instance")


def is_wrapped(sop_instance_uid: str) -> bool:
    """Tell by its UID whether an imported object was made of a file and so holds the original."""
    number = sop_instance_uid.removeprefix(UUID_ROOT)
    is_number = number != sop_instance_uid and number.isascii() and number.isdigit() and len(number) < 40
    return is_number and int(number) < 1 << 128 and UUID(int=int(number)).version == NAMED


def wrapped(ecg: ForeignEcg, content: bytes, site: str) -> Dataset:
    """Return the DICOM ECG of a file `content` that `site` brought; the same file makes the same object."""
    digest = hashlib.sha256(content).hexdigest()
    stored = stored_samples(ecg.record)
    dataset = Dataset()
    long = stored.values.shape[1] > MOST_TWELVE_LEAD_SAMPLES
    sop_class = GeneralECGWaveformStorage if long else TwelveLeadECGWaveformStorage
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = UID(sop_class), UID(ecg_uid(site, content))
    for keyword, what in (("StudyInstanceUID", "study"), ("SeriesInstanceUID", "series")):
        setattr(dataset, keyword, UID(uid_from("ecg-file", site, digest, what)))
    _fill_person(dataset, ecg)
    _fill_taking(dataset, ecg)
    dataset.WaveformSequence = [_group(ecg, stored)]
    annotations = [*_statements(ecg), *_values(ecg)]
    if annotations:
        dataset.WaveformAnnotationSequence = annotations
    _fill_original(dataset, ecg.format, content, digest)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def original_of(dataset: Dataset) -> tuple[str, bytes] | None:
    """Return format and bytes of the file that `wrapped` put into `dataset`; None where there is none.

    Raises ValueError when the bytes are not those of their digest.
    """
    try:
        block = dataset.private_block(GROUP, CREATOR)
        content = bytes(block[ORIGINAL].value)
        digest, name = str(block[DIGEST].value), str(block[FORMAT].value)
    except KeyError:
        return None
    whole = next(
        (part for part in (content, content[:-1]) if hashlib.sha256(part).hexdigest() == digest), None
    )
    if whole is None:
        raise ValueError("the original file is not the one that was imported")
    return name, whole


def _fill_original(dataset: Dataset, name: str, content: bytes, digest: str) -> None:
    block = dataset.private_block(GROUP, CREATOR, create=True)
    block.add_new(ORIGINAL, "OB", content + b"\0" * (len(content) % 2))
    block.add_new(DIGEST, "LT", digest)
    block.add_new(FORMAT, "LO", name)


def _fill_person(dataset: Dataset, ecg: ForeignEcg) -> None:
    who = ecg.sitter
    dataset.PatientName, dataset.PatientID = clean_name(who.name), clean_text(who.patient_id)
    dataset.PatientBirthDate, dataset.PatientSex = who.birth_date, who.sex
    if who.age_years is not None:
        dataset.PatientAge = f"{who.age_years:03d}Y"


def _fill_taking(dataset: Dataset, ecg: ForeignEcg) -> None:
    taking = ecg.taking
    date, time = taking.moment[:8], taking.moment[8:]
    dataset.Modality, dataset.SeriesDescription = "ECG", "12-lead ECG"
    dataset.StudyDate = dataset.ContentDate = date
    dataset.StudyTime = dataset.ContentTime = time
    if not date:
        dataset.ContentDate, dataset.ContentTime = "19000101", "000000"
    dataset.AcquisitionDateTime = taking.moment or "19000101"
    dataset.StudyDescription = f"ECG ({ecg.format})"
    dataset.AccessionNumber = clean_text(taking.accession, SHORT_STRING)
    dataset.StudyID, dataset.ReferringPhysicianName = dataset.AccessionNumber or "1", ""
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    dataset.Manufacturer = taking.manufacturer or "unknown"
    dataset.ManufacturerModelName = taking.model or "unknown"
    dataset.DeviceSerialNumber = "unknown"
    dataset.SoftwareVersions = taking.software or "unknown"
    dataset.InstitutionName = taking.institution
    dataset.AcquisitionContextSequence = []


def _group(ecg: ForeignEcg, stored: Stored) -> Dataset:
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL" if stored.untouched else "DERIVED"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = stored.values.shape
    group.SamplingFrequency = f"{stored.rate_hz:.10g}"
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = [_channel(lead, ecg, stored.step_uv) for lead in ecg.record.leads]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformPaddingValue = np.array(stored.padding, "<i2").tobytes()
    group.WaveformData = np.ascontiguousarray(stored.values.T).tobytes()
    return group


def _channel(lead: str, ecg: ForeignEcg, step_uv: float) -> Dataset:
    channel = Dataset()
    channel.ChannelSourceSequence = [coded(PREFIX + SCPECG_CODES[lead], SCPECG, f"Lead {lead}", "1.3")]
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = f"{step_uv:g}", 1
    channel.ChannelSensitivityUnitsSequence = [coded("uV", "UCUM", "microvolt", "1.4")]
    channel.ChannelBaseline, channel.ChannelSampleSkew = 0, 0
    channel.WaveformBitsStored = 16
    names = ("FilterLowFrequency", "FilterHighFrequency", "NotchFilterFrequency")
    for keyword, hertz in zip(names, ecg.filters_hz, strict=True):
        if hertz > 0:
            setattr(channel, keyword, f"{hertz:g}")
    return channel


def _statements(ecg: ForeignEcg) -> list[Dataset]:
    found = []
    for text in ecg.record.statements:
        item = Dataset()
        item.AnnotationGroupNumber, item.UnformattedTextValue = 0, text
        item.ReferencedWaveformChannels = [1, 0]
        found.append(item)
    return found


def _values(ecg: ForeignEcg) -> list[Dataset]:
    """Return the device's own measurements, each with its concept and unit."""
    codes: dict[str, tuple[str, str]] = {}
    for (scheme, value), name in CONCEPTS.items():
        if scheme in ("MDC", "LN"):
            codes.setdefault(name, (value, scheme))
    return [_value(name, number, codes[name]) for name, number in (ecg.record.annotations or {}).items()]


def _value(name: str, number: float, code: tuple[str, str]) -> Dataset:
    item: Any = Dataset()
    unit, meaning = UNITS.get(name, MILLISECOND)
    item.MeasurementUnitsCodeSequence = [coded(unit, "UCUM", meaning, "1.4")]
    item.ConceptNameCodeSequence = [coded(code[0], code[1], MEANINGS[name], "1.0")]
    item.ReferencedWaveformChannels = [1, 0]
    item.AnnotationGroupNumber, item.NumericValue = 1, f"{number:g}"
    return item
