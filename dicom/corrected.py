"""A copy of a received object under the identity that a person corrected it to."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID

from dicom.charset import codecs_of, text_shown
from dicom.keep import Message
from dicom.load import load_dataset
from dicom.write.clean import clean_name, clean_text
from dicom.write.frame import MANUFACTURER, UTF_8, data_set_bytes
from hub.domain.rejection import Identity

#: Value representations whose bytes depend on Specific Character Set (PS3.5 6.1.2.2).
TEXTS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
#: What says who somebody is, and is replaced or dropped; the copy tells what stood there before.
NAMED = ("PatientName", "PatientID", "PatientSex", "PatientBirthDate")
DROPPED = (
    "IssuerOfPatientID", "OtherPatientIDs", "OtherPatientIDsSequence", "OtherPatientNames", "PatientAge",
    "PatientBirthTime",
)  # fmt: skip


@dataclass(frozen=True)
class Correction:
    """Whom the copies are of, the UIDs that replace those of the originals, when and by what words."""

    identity: Identity
    uids: Mapping[str, str]
    at: datetime
    source: str


def corrected_copy(path: Path, correction: Correction) -> tuple[Message, bytes]:
    """Return the copy of the object in `path` as it would be stored; its pixels are the original's.

    Raises Unreadable and OSError.
    """
    dataset = load_dataset(path)
    _to_utf8(dataset, codecs_of(b""))
    before = _before(dataset)
    _rename(dataset, correction.uids)
    for keyword in DROPPED:
        if keyword in dataset:
            delattr(dataset, keyword)
    _say_who(dataset, correction.identity)
    dataset.OriginalAttributesSequence = [
        *(dataset.get("OriginalAttributesSequence") or ()), _original(before, correction)
    ]  # fmt: skip
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    names = (str(dataset.SOPClassUID), str(dataset.SOPInstanceUID))
    return Message(*names, str(dataset.file_meta.TransferSyntaxUID)), data_set_bytes(dataset)


def _before(dataset: Dataset) -> Dataset:
    before = Dataset()
    for keyword in (*NAMED, *DROPPED):
        if keyword in dataset:
            before[keyword] = deepcopy(dataset[keyword])
    return before


def _say_who(dataset: Dataset, said: Identity) -> None:
    """Write whom it is of; what was left blank stays as it was received, what nobody knows is emptied."""
    dataset.PatientName, dataset.PatientID = clean_name(said.name), clean_text(said.patient_id)
    for keyword, name in (("PatientSex", "sex"), ("PatientBirthDate", "birth_date")):
        value = getattr(said, name)
        if value or name in said.unknown or keyword not in dataset:
            setattr(dataset, keyword, value)


def _original(before: Dataset, correction: Correction) -> Dataset:
    """Return what stood there before, and that a person corrected it (PS3.3 C.12.1.1.9)."""
    item = Dataset()
    item.SourceOfPreviousValues = clean_text(correction.source)
    item.AttributeModificationDateTime = correction.at.strftime("%Y%m%d%H%M%S%z")
    item.ModifyingSystem, item.ReasonForTheAttributeModification = MANUFACTURER, "CORRECT"
    item.ModifiedAttributesSequence = [before]
    return item


def _to_utf8(dataset: Dataset, inherited: tuple[str, ...]) -> None:
    """Decode every text as it is shown, so that the new name and the old words fit in one character set."""
    declared = dataset.get_item("SpecificCharacterSet")
    codecs = inherited
    if declared is not None and declared.value:
        value = declared.value
        codecs = codecs_of(value if isinstance(value, bytes) else str(value).encode())
    for tag, vr, element in list(_elements(dataset)):
        if vr == "SQ":
            for item in dataset[tag].value or ():
                _to_utf8(item, codecs)
        elif vr in TEXTS and isinstance(element, RawDataElement) and element.value:
            dataset[tag] = DataElement(tag, vr, text_shown(element.value, codecs))
    dataset.SpecificCharacterSet = UTF_8


def _rename(dataset: Dataset, uids: Mapping[str, str]) -> None:
    """Replace the originals' UIDs, also where objects of the study name each other."""
    for tag, vr, _element in list(_elements(dataset)):
        if vr == "SQ":
            for item in dataset[tag].value or ():
                _rename(item, uids)
        elif vr == "UI" and str(dataset[tag].value) in uids:
            dataset[tag].value = UID(uids[str(dataset[tag].value)])


def _elements(dataset: Dataset) -> Iterator[tuple[BaseTag, str, DataElement | RawDataElement]]:
    for tag in sorted(dataset.keys()):
        element = dataset.get_item(tag)
        assert element is not None
        yield tag, element.VR or _known(tag), element


def _known(tag: BaseTag) -> str:
    try:
        return dictionary_VR(tag).partition(" ")[0]
    except KeyError:
        return "UN"
