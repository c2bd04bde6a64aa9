"""A synthetic ultrasound loop with a calibrated region, for tests of cine and of lengths."""

import numpy as np
from pydicom import Dataset
from pydicom.uid import UltrasoundMultiFrameImageStorage

from dicom.make.person import Exam, Person, new_object

ROWS, COLUMNS, FRAMES = 480, 640, 90
#: Centimetres per pixel within the region, and what the device says its rate is.
CM_PER_PIXEL, RATE = 0.05, 30


def loop(person: Person, frames: int = FRAMES, seed: str = "viewer-us") -> Dataset:
    """Return an RGB loop in which a bright bar moves; its one region is in centimetres (PS3.3 C.8.5.5)."""
    exam = Exam(seed, "20261119090000", "腹部超声", "A4", "ABDOMEN")
    dataset = new_object(UltrasoundMultiFrameImageStorage, person, exam)
    dataset.Modality, dataset.BodyPartExamined = "US", "ABDOMEN"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "", "0001"]
    dataset.SeriesDescription = "SYNTHETIC LOOP"
    dataset.NumberOfFrames, dataset.CineRate, dataset.FrameTime = frames, RATE, 1000 / RATE
    dataset.FrameIncrementPointer = 0x00181063
    dataset.SequenceOfUltrasoundRegions = [_region()]
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.LossyImageCompression = "00"
    pixels = np.full((frames, ROWS, COLUMNS, 3), 20, dtype=np.uint8)
    for number in range(frames):
        at = 40 + number * (COLUMNS - 80) // frames
        pixels[number, 100:380, at : at + 12] = (230, 200, 40)
    dataset.PixelData = pixels.tobytes()
    return dataset


def _region() -> Dataset:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = COLUMNS - 1, ROWS - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = CM_PER_PIXEL
    return region
