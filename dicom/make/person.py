"""Who a made object says it is about, and the UIDs that the same seed always gives."""

import uuid
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

#: The name space of every UID made from a seed (RFC 4122, version 5).
SEEDS = uuid.UUID("5e6f2c1a-7d2b-4c5e-9a41-3f0b8d6c2e97")


@dataclass(frozen=True)
class Person:
    """A plainly invented patient; `name` may hold Chinese characters."""

    patient_id: str
    name: str
    sex: str
    birth_date: str


@dataclass(frozen=True)
class Exam:
    """One study: its seed fixes the UIDs, `moment` is YYYYMMDDHHMMSS."""

    seed: str
    moment: str
    description: str
    accession: str = ""
    body_part: str = ""
    institution: str = ""
    history: str = ""


def seeded_uid(*words: str) -> UID:
    """Return the UID 2.25.<integer> that belongs to `words` (PS3.5 B.2)."""
    return UID(f"2.25.{uuid.uuid5(SEEDS, '/'.join(words)).int}")


def new_object(sop_class: str, person: Person, exam: Exam, series: int = 1, number: int = 1) -> Dataset:
    """Return a data set with the patient, study, series and SOP common attributes filled in."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = UID(sop_class)
    dataset.SOPInstanceUID = seeded_uid(exam.seed, "instance", str(series), str(number))
    dataset.StudyInstanceUID = seeded_uid(exam.seed, "study")
    dataset.SeriesInstanceUID = seeded_uid(exam.seed, "series", str(series))
    _fill_person(dataset, person)
    _fill_exam(dataset, exam)
    dataset.SeriesNumber, dataset.InstanceNumber = series, number
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _fill_person(dataset: Dataset, person: Person) -> None:
    dataset.PatientName = person.name
    dataset.PatientID = person.patient_id
    dataset.PatientBirthDate = person.birth_date
    dataset.PatientSex = person.sex


def _fill_exam(dataset: Dataset, exam: Exam) -> None:
    date, time = exam.moment[:8], exam.moment[8:]
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = date
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = time
    dataset.StudyDescription = exam.description
    if exam.history:
        dataset.AdditionalPatientHistory = exam.history
    dataset.AccessionNumber = exam.accession
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = exam.accession[:16] or "1"
    dataset.Manufacturer = "Reading Hub demo"
    dataset.InstitutionName = exam.institution
    dataset.TimezoneOffsetFromUTC = "+0800"
