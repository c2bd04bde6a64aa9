"""An independent sender: invented films over real associations, sent until each is acknowledged."""

import threading
import time
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO

import numpy as np
from blake3 import blake3
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE

from dicom.demo.cases import SAMPLES

DX = "1.2.840.10008.5.1.4.1.1.1.1"


#: Chests of children that the pneumonia model reads.
CHESTS = ("chest-child-normal.jpg", "chest-child-pneumonia-1.jpg", "chest-child-pneumonia-2.jpg")


@cache
def chest(name: str) -> np.ndarray:
    """Return a chest of 256 x 256 pixels that the pneumonia model reads."""
    return np.asarray(Image.open(SAMPLES / name).convert("L").resize((256, 256)))


def varied_chest(number: int) -> np.ndarray:
    """Return a chest of its own for each `number`: darker or lighter, with grain."""
    random = np.random.default_rng(number)
    grain = random.normal(0.0, 2.0, (256, 256))
    pixels = chest(CHESTS[number % len(CHESTS)]) * random.uniform(0.85, 1.0) + grain
    return np.clip(pixels, 0, 255).astype(np.uint8)


def film(number: int, seed: int = 0) -> Dataset:
    """Return a film of an invented patient, a study of its own: a real chest, small, each another picture."""
    dataset = Dataset()
    root = f"1.2.826.0.1.3680043.8.498.{seed + 1}.{number}"
    dataset.SOPClassUID, dataset.SOPInstanceUID = DX, f"{root}.3"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{root}.1", f"{root}.2"
    dataset.PatientID, dataset.PatientName = f"KILL-{number:05d}", "Invented^Person"
    dataset.SpecificCharacterSet, dataset.Modality = "ISO_IR 192", "DX"
    dataset.BodyPartExamined, dataset.ViewPosition = "CHEST", "PA"
    pixels = varied_chest(number)
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = *pixels.shape, 1
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = pixels.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = DX
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def data_set_digest(dataset: Dataset) -> str:
    """Return the BLAKE3 of the bytes that a sender puts on the wire for `dataset`."""
    buffer = BytesIO()
    file = DicomFileLike(buffer)
    file.is_implicit_VR, file.is_little_endian = False, True
    write_dataset(file, dataset)
    return blake3(buffer.getvalue()).hexdigest()


@dataclass
class Sender(threading.Thread):
    """Sends `total` films; one without an acknowledgement is sent again on a new association."""

    port: int
    total: int
    pace: float = 0.0
    acknowledged: dict[str, str] = field(default_factory=dict)
    daemon = True

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Send until everything is acknowledged."""
        waiting = [film(number) for number in range(self.total)]
        while waiting:
            waiting = self._send_some(waiting)
            if waiting:
                time.sleep(0.3)

    def _send_some(self, waiting: list[Dataset]) -> list[Dataset]:
        ae = AE(ae_title="EAST1")
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 15
        ae.add_requested_context(DX, ExplicitVRLittleEndian)
        association = ae.associate("127.0.0.1", self.port, ae_title="READHUB")
        left = list(waiting)
        while left and association.is_established:
            try:
                status = association.send_c_store(left[0])
            except (RuntimeError, ValueError, OSError):
                break
            if "Status" not in status or status.Status != 0:
                break
            sent = left.pop(0)
            self.acknowledged[str(sent.SOPInstanceUID)] = data_set_digest(sent)
            time.sleep(self.pace)
        if association.is_established:
            association.release()
        return left
