"""What every made object starts with: patient, study, series, equipment, and a file's meta information."""

from io import BytesIO

from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom.write.clean import SHORT_STRING, clean_date, clean_name, clean_text, clean_time
from dicom.write.codes import scheme
from dicom.write.source import Naming, SourceStudy

MANUFACTURER = "Reading Hub"
UTF_8 = "ISO_IR 192"


def new_object(sop_class: str, modality: str, study: SourceStudy, naming: Naming) -> Dataset:
    """Return a data set of `sop_class` in the study of its sources, in a series of its own."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = UTF_8
    dataset.SOPClassUID, dataset.SOPInstanceUID = UID(sop_class), UID(naming.sop_instance_uid)
    dataset.Modality, dataset.Manufacturer = modality, MANUFACTURER
    dataset.StudyInstanceUID = UID(study.study_instance_uid)
    dataset.SeriesInstanceUID = UID(naming.series_instance_uid)
    dataset.SeriesNumber, dataset.InstanceNumber = naming.series_number, naming.instance_number
    dataset.CodingSchemeIdentificationSequence = [scheme()]
    _fill_study(dataset, study)
    _fill_moment(dataset, naming)
    dataset.file_meta = _meta(dataset)
    return dataset


def part10(dataset: Dataset) -> bytes:
    """Return `dataset` as a file's bytes."""
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def data_set_bytes(dataset: Dataset) -> bytes:
    """Return `dataset` alone, Explicit VR Little Endian, to be kept behind a head of our own."""
    whole = part10(dataset)
    # PS3.10 7.1: preamble, "DICM", and the group length that says how much meta information follows.
    length = int.from_bytes(whole[140:144], "little")
    return whole[144 + length :]


def _fill_study(dataset: Dataset, study: SourceStudy) -> None:
    dataset.PatientName, dataset.PatientID = clean_name(study.patient_name), clean_text(study.patient_id)
    dataset.PatientBirthDate = clean_date(study.patient_birth_date)
    dataset.PatientSex = study.patient_sex if study.patient_sex in ("M", "F", "O") else ""
    dataset.StudyDate, dataset.StudyTime = clean_date(study.study_date), clean_time(study.study_time)
    dataset.StudyDescription = clean_text(study.study_description)
    dataset.AccessionNumber = clean_text(study.accession, SHORT_STRING)
    dataset.StudyID = clean_text(study.study_id or study.accession, SHORT_STRING)
    dataset.ReferringPhysicianName = clean_name(study.referring)


def _fill_moment(dataset: Dataset, naming: Naming) -> None:
    moment = naming.made_at
    dataset.ContentDate = dataset.InstanceCreationDate = moment.strftime("%Y%m%d")
    dataset.ContentTime = dataset.InstanceCreationTime = moment.strftime("%H%M%S")
    dataset.TimezoneOffsetFromUTC = moment.strftime("%z")


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    return meta
