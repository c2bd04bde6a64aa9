"""A synthetic CT series: ellipses of known density, said to be a phantom wherever it is named."""

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from dicom.make.person import Exam, Person, new_object, seeded_uid

SIZE = 512
SPACING_MM, THICKNESS_MM = 0.75, 5.0
#: Centre (column, row, slice) and half axes as shares of the volume, and density in HU.
BODIES = (
    ((0.50, 0.50, 0.5), (0.40, 0.30, 9.0), 40.0),
    ((0.32, 0.48, 0.5), (0.13, 0.20, 0.7), -820.0),
    ((0.68, 0.48, 0.5), (0.13, 0.20, 0.7), -820.0),
    ((0.50, 0.72, 0.5), (0.05, 0.05, 9.0), 700.0),
    ((0.45, 0.48, 0.4), (0.09, 0.11, 0.4), 55.0),
    ((0.70, 0.52, 0.6), (0.02, 0.02, 0.05), 60.0),
)


def ct_phantom(person: Person, exam: Exam, slices: int = 40) -> Iterator[Dataset]:
    """Yield `slices` axial CT images of 512 × 512, signed 16-bit, in HU after rescale."""
    noise = np.random.default_rng(7)
    for number in range(1, slices + 1):
        hu = _slice((number - 0.5) / slices) + noise.normal(0, 8, (SIZE, SIZE))
        yield _image(hu, person, exam, number)


def _slice(depth: float) -> np.ndarray:
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    hu = np.full((SIZE, SIZE), -1000.0)
    for (x, y, z), (a, b, c), density in BODIES:
        inside = ((columns - x) / a) ** 2 + ((rows - y) / b) ** 2 + ((depth - z) / c) ** 2 <= 1
        hu[inside] = density
    return hu


def _image(hu: np.ndarray, person: Person, exam: Exam, number: int) -> Dataset:
    dataset = new_object(CTImageStorage, person, exam, number=number)
    dataset.Modality, dataset.BodyPartExamined = "CT", exam.body_part
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SeriesDescription = "SYNTHETIC PHANTOM 合成体模"
    dataset.ImageComments = "Computed phantom, no patient"
    dataset.FrameOfReferenceUID = seeded_uid(exam.seed, "frame")
    dataset.PositionReferenceIndicator, dataset.PatientPosition = "", "HFS"
    dataset.KVP, dataset.AcquisitionNumber = "120", 1
    dataset.ImagePositionPatient = [-SIZE * SPACING_MM / 2, -SIZE * SPACING_MM / 2, -number * THICKNESS_MM]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.SliceThickness = [SPACING_MM, SPACING_MM], THICKNESS_MM
    _fill_pixels(dataset, np.clip(np.round(hu), -1024, 3071).astype("<i2"))
    return dataset


def _fill_pixels(dataset: Dataset, stored: np.ndarray) -> None:
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    dataset.PixelData = stored.tobytes()
