"""An object's attributes as DICOM JSON (PS3.18 F), with addresses in place of its bulk."""

from pathlib import Path
from typing import Any

import structlog
from pydicom import DataElement, Dataset

from dicom.decoding import PIXEL_KEYWORDS, frame_count
from dicom.load import load_dataset
from hub.store.tables import Patient
from web.dicomweb.frames import becomes_rgb
from web.patients import is_guessed

#: Binary values up to this size travel within the JSON: palettes and small curves.
LARGEST_INLINE = 128 * 1024
BINARY = ("OB", "OW", "OD", "OF", "OL", "OV", "UN")
PIXELS = {"7FE00008", "7FE00009", "7FE00010"}
PHOTOMETRIC, PLANAR, AVAILABLE_SYNTAX = "00280004", "00280006", "00083002"
PATIENT_NAME = "00100010"
#: The component groups of a name (PS3.18 F.2.2).
NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")

log = structlog.get_logger("web.dicomweb")


def metadata(path: Path, address: str, patient: Patient) -> dict[str, Any]:
    """Return the attributes of the object in `path`, whose own address is `address`.

    PatientName is the hub's own reading of it, with a question mark while it is a guess: a foreign viewer
    would show the bytes of a wrong character set as something else.
    """
    dataset = load_dataset(path, with_pixels=False)
    found: dict[str, Any] = {}
    for element in dataset:
        json = _element(element, f"{address}/bulkdata")
        if json is not None:
            found[f"{element.tag:08X}"] = json
    return found | _said_differently(dataset, patient) | _pixels(dataset, address)


def person_name(patient: Patient) -> dict[str, Any]:
    """Return a patient's name as DICOM JSON."""
    text = patient.name + (" ?" if is_guessed(patient) else "")
    return {"vr": "PN", "Value": [{"Alphabetic": text}]} if text else {"vr": "PN"}


def name_in_groups(name: str) -> dict[str, Any]:
    """Return a person's name, its groups divided by =, as DICOM JSON."""
    groups = {kind: group for kind, group in zip(NAME_GROUPS, name.split("="), strict=False) if group}
    return {"vr": "PN", "Value": [groups]} if groups else {"vr": "PN"}


def _element(element: DataElement, bulk: str) -> dict[str, Any] | None:
    value = element.value
    if element.VR in BINARY and isinstance(value, bytes) and len(value) > LARGEST_INLINE:
        return {"vr": element.VR, "BulkDataURI": f"{bulk}/{element.tag:08X}"}
    try:
        return element.to_json_dict(None, LARGEST_INLINE)
    except Exception as error:  # a value that is none of its VR's raises whatever it likes
        log.info("an attribute is left out of the metadata", tag=f"{element.tag:08X}", exc_info=error)
        return None


def _said_differently(dataset: Dataset, patient: Patient) -> dict[str, Any]:
    """Say what the frames are once decoded, and whose they are."""
    syntax = {"vr": "UI", "Value": [str(dataset.file_meta.TransferSyntaxUID)]}
    said: dict[str, Any] = {PATIENT_NAME: person_name(patient), AVAILABLE_SYNTAX: syntax}
    if becomes_rgb(dataset):
        said |= {PHOTOMETRIC: {"vr": "CS", "Value": ["RGB"]}, PLANAR: {"vr": "US", "Value": [0]}}
    return said


def _pixels(dataset: Dataset, address: str) -> dict[str, Any]:
    """The pixels were not read; a picture is found as a frame, a loop as the value that its frames make."""
    if "Rows" not in dataset or any(keyword in dataset for keyword in PIXEL_KEYWORDS):
        return {}
    where = "bulkdata/7FE00010" if frame_count(dataset) > 1 else "frames/1"
    return {"7FE00010": {"vr": "OW", "BulkDataURI": f"{address}/{where}"}}
