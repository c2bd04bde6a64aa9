"""Invented objects of the sizes that townships send, written once and sent by every benchmark."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

ROOT_UID = "1.2.826.0.1.3680043.8.498.501"
CT = "1.2.840.10008.5.1.4.1.1.2"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
ECG = "1.2.840.10008.5.1.4.1.1.9.1.1"


def write_samples(kind: str, count: int, folder: Path) -> list[Path]:
    """Write `count` objects of `kind` (CT 531 KB, DR 15 MB, ECG 139 KB) and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        dataset = KINDS[kind](number)
        path = folder / f"{kind}{number:05}.dcm"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _common(kind: int, number: int, study: int, modality: str) -> Dataset:
    root = f"{ROOT_UID}.{kind}.{study}"
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPInstanceUID = f"{root}.3.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = root, f"{root}.2"
    dataset.PatientID, dataset.PatientName = f"BENCH{kind}-{study}", f"试^验{study}"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.Modality = "19700101", "O", modality
    dataset.StudyDate, dataset.StudyTime, dataset.StudyDescription = "20261101", "080000", "Benchmark"
    dataset.AccessionNumber, dataset.SeriesNumber, dataset.InstanceNumber = f"A{study}", 1, number
    dataset.InstitutionName, dataset.Manufacturer, dataset.StationName = "Invented", "Invented", "ROOM1"
    return dataset


def _picture(dataset: Dataset, rows: int, columns: int) -> Dataset:
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation, dataset.PhotometricInterpretation = 0, "MONOCHROME2"
    seed = np.random.default_rng(int(dataset.InstanceNumber))
    dataset.PixelData = seed.integers(0, 4096, rows * columns, np.uint16).tobytes()
    return dataset


def _ct(number: int) -> Dataset:
    """One slice of 512 x 512; a study has 100 of them, and the header of a real one fills 7 KB."""
    dataset = _common(1, number, number // 100, "CT")
    dataset.SOPClassUID, dataset.BodyPartExamined = CT, "CHEST"
    dataset.SliceThickness, dataset.KVP, dataset.ImagePositionPatient = 1.25, 120, [0, 0, number]
    block = dataset.private_block(0x0029, "INVENTED HEADER", create=True)
    block.add_new(0x10, "OB", bytes(6000))
    return _picture(dataset, 512, 512)


def _dr(number: int) -> Dataset:
    """One film of 2,800 x 2,800: 15 MB."""
    dataset = _common(2, number, number, "DX")
    dataset.SOPClassUID, dataset.BodyPartExamined, dataset.ViewPosition = DX, "CHEST", "PA"
    return _picture(dataset, 2800, 2800)


def _ecg(number: int) -> Dataset:
    """Twelve leads of 500 Hz for ten seconds with annotations: 139 KB."""
    dataset = _common(3, number, number, "ECG")
    dataset.SOPClassUID = ECG
    group = Dataset()
    group.WaveformOriginality, group.NumberOfWaveformChannels = "ORIGINAL", 12
    group.NumberOfWaveformSamples, group.SamplingFrequency = 5000, 500
    group.ChannelDefinitionSequence = Sequence([_lead(lead) for lead in range(12)])
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformData = np.random.default_rng(number).integers(-900, 900, 60_000, np.int16).tobytes()
    dataset.WaveformSequence = Sequence([group])
    dataset.WaveformAnnotationSequence = Sequence([_note(beat) for beat in range(60)])
    return dataset


def _lead(lead: int) -> Dataset:
    channel, source, unit = Dataset(), Dataset(), Dataset()
    source.CodeValue, source.CodingSchemeDesignator, source.CodeMeaning = f"5.6.3-9-{lead}", "SCPECG", "Lead"
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "uV", "UCUM", "microvolt"
    channel.ChannelSourceSequence, channel.ChannelSensitivityUnitsSequence = [source], [unit]
    channel.ChannelSensitivity, channel.WaveformBitsStored = 1.0, 16
    return channel


def _note(beat: int) -> Dataset:
    note, name = Dataset(), Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = "5.10.3-1", "SCPECG", "P onset"
    note.ConceptNameCodeSequence = [name]
    note.ReferencedWaveformChannels, note.TemporalRangeType = [1, 0], "POINT"
    note.ReferencedSamplePositions = [beat * 80 + 1]
    return note


KINDS: Mapping[str, Callable[[int], Dataset]] = {"CT": _ct, "DR": _dr, "ECG": _ecg}
