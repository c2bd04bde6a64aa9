"""Which studies the demo's townships send; every person is invented."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.data import get_testdata_file

from dicom.make.cardiogram import cardiogram
from dicom.make.film import View, film
from dicom.make.person import Exam, Person, seeded_uid
from dicom.make.phantom import ct_phantom

SAMPLES = Path(__file__).parent / "samples"

#: Said in StudyDescription where a model was trained on the very picture.
SEEN_IN_TRAINING = "（模型训练用图）"


Make = Callable[[Person, Exam], Iterator[Dataset]]


@dataclass(frozen=True)
class Case:
    """One study that the township calling as `ae_title` sends."""

    ae_title: str
    person: Person
    exam: Exam
    make: Make
    name_bytes: bytes = b""


def _film(sample: str, position: str = "AP", laterality: str = "U", spacing_mm: float = 0.2) -> Make:
    def make(person: Person, exam: Exam) -> Iterator[Dataset]:
        view = View(position, laterality, spacing_mm)
        yield film((SAMPLES / sample).read_bytes(), person, exam, view)

    return make


def _ecg(sample: str) -> Make:
    def make(person: Person, exam: Exam) -> Iterator[Dataset]:
        with np.load(SAMPLES / sample) as stored:
            yield cardiogram(stored["microvolts"], float(stored["rate_hz"]), person, exam)

    return make


def _from_pydicom(name: str, modality: str) -> Make:
    def make(person: Person, exam: Exam) -> Iterator[Dataset]:
        path = get_testdata_file(name, download=False)
        dataset = pydicom.dcmread(BytesIO(Path(str(path)).read_bytes()))
        yield _renamed(dataset, person, exam, modality)

    return make


def _renamed(dataset: Dataset, person: Person, exam: Exam, modality: str) -> Dataset:
    """Give a sample an invented patient and UIDs of its own, so that it meets no other copy of itself."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = person.name, person.patient_id
    dataset.PatientSex, dataset.PatientBirthDate = person.sex, person.birth_date
    dataset.StudyInstanceUID = seeded_uid(exam.seed, "study")
    dataset.SeriesInstanceUID = seeded_uid(exam.seed, "series", "1")
    dataset.SOPInstanceUID = seeded_uid(exam.seed, "instance", "1", "1")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Modality, dataset.StudyDescription = modality, exam.description
    dataset.AccessionNumber, dataset.StudyDate = exam.accession, exam.moment[:8]
    dataset.StudyTime = exam.moment[8:]
    return dataset


def _exam(number: int, day: str, description: str, body_part: str = "", history: str = "") -> Exam:
    moment = f"{day}{8 + number % 9:02d}{(number * 13) % 60:02d}00"
    accession = f"D{day[2:]}{number:03d}"
    return Exam(f"demo-{day}-{number}", moment, description, accession, body_part, history=history)


def demo_cases(day: str) -> tuple[Case, ...]:
    """Return the demo's studies, dated `day` (YYYYMMDD); the same day gives the same UIDs."""
    return (
        Case("CLINIC1", Person("QS0001", "Li^Xiaoyu=李^小雨", "F", "20230412"),
             _exam(1, day, "胸部正位片", "CHEST"), _film("chest-child-pneumonia-1.jpg")),
        Case("CLINIC1", Person("QS0002", "Wang^Haoran=王^浩然", "M", "20220903"),
             _exam(2, day, "胸部正位片", "CHEST"), _film("chest-child-normal.jpg")),
        Case("CLINIC1", Person("QS0003", "Chen^Guiying=陈^桂英", "F", "19580721"),
             _exam(3, day, "右前臂侧位片", "FOREARM"), _film("bone-fractured.jpg", "LL", "R", 0.1)),
        Case("CLINIC1", Person("QS0004", "Zhao^Demin=赵^德民", "M", "19630214"),
             _exam(4, day, "十二导联心电图"), _ecg("ecg-flutter.npz")),
        Case("CLINIC2", Person("BH0001", "Liu^Zihan=刘^子涵", "F", "20211130"),
             _exam(5, day, "胸部正位片", "CHEST"), _film("chest-child-pneumonia-2.jpg")),
        Case("CLINIC2", Person("BH0002", "Sun^Liping=孙^丽萍", "F", "19890506"),
             _exam(6, day, "胸部正位片", "CHEST"), _film("chest-adult-normal.png", "PA")),
        Case("CLINIC2", Person("BH0003", "Phantom^CT=体模^一号", "O", ""),
             _exam(7, day, "胸部CT 合成体模", "CHEST"), ct_phantom),
        Case("CLINIC2", Person("BH0004", "Guo^Yumei=郭^玉梅", "F", "19770118"),
             _exam(8, day, "腹部超声", "ABDOMEN"), _from_pydicom("examples_ybr_color.dcm", "US")),
        Case("CLINIC2", Person("BH0005", "Xu^Changfu=徐^长福", "M", "19490930"),
             _exam(9, day, "十二导联心电图 1000 Hz"), _from_pydicom("waveform_ecg.dcm", "ECG")),
        Case("CLINIC3", Person("SL0001", "张智宏", "M", "19921015"),
             _exam(10, day, "胸部正位片", "CHEST", "咳嗽、发热三天。"),
             _film("chest-adult-pneumonia.png", "PA"),
             name_bytes="张智宏".encode("gbk")),
        Case("CLINIC3", Person("SL0002", "He^Jianjun=何^建军", "M", "19810327"),
             _exam(11, day, "左小腿正侧位片", "LEG"), _film("bone-normal.jpg", "AP", "L", 0.1)),
        Case("CLINIC3", Person("SL0003", "Tang^Xiulan=唐^秀兰", "F", "19830811"),
             _exam(12, day, "十二导联心电图"), _ecg("ecg-normal.npz")),
    )  # fmt: skip
