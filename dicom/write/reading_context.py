"""Who measured: the model as a device observer, stable for one build of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    DeviceObserverIdentifyingAttributes,
    LanguageOfContentItemAndDescendants,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom import Dataset

from dicom.write import codes
from dicom.write.frame import MANUFACTURER
from dicom.write.source import Naming, Reference
from hub.domain.finding import Reading
from hub.domain.uid import uid_from

COMMENT = CodedConcept("121106", "DCM", "Comment")
DEVICE = CodedConcept("121007", "DCM", "Device")
PROCESSING_EQUIPMENT: codes.Code = ("109102", "DCM", "Processing Equipment")  # CID 7005
DESCRIPTION_LENGTH = 1024  # PS3.5 6.2, ST


@dataclass(frozen=True)
class Told:
    """What a model said, of which object, and how the document that tells it is named."""

    reading: Reading
    read: Reference
    naming: Naming


def observation_context(reading: Reading) -> ObservationContext:
    """Return the model as observer; its UID is the same wherever this build of it runs."""
    device = DeviceObserverIdentifyingAttributes(
        uid=model_uid(reading), name=reading.model, manufacturer_name=MANUFACTURER,
        model_name=reading.model, serial_number=reading.weight_digest[:64] or None,
    )  # fmt: skip
    return ObservationContext(observer_device_context=ObserverContext(DEVICE, device))


def model_uid(reading: Reading) -> str:
    """Return the UID of one build of a model: its name, version and weights."""
    return uid_from("model", reading.model, reading.version, reading.weight_digest)


def algorithm(reading: Reading) -> AlgorithmIdentification:
    """Return the algorithm's name and version (TID 4019)."""
    return AlgorithmIdentification(name=reading.model, version=reading.version, manufacturer=MANUFACTURER)


def chinese() -> LanguageOfContentItemAndDescendants:
    """Return zh-CN as the language of the content."""
    return LanguageOfContentItemAndDescendants(CodedConcept(*codes.CHINESE))


def tracking(told: Told, *words: str) -> TrackingIdentifier:
    """Return the identifier of one group of the document; the same document gives the same."""
    uid = uid_from("tracking", told.naming.sop_instance_uid, *words)
    return TrackingIdentifier(uid=uid, identifier=" ".join(words))


def add_comment(group: Sequence[Dataset], words: str) -> None:
    """Add a text, such as a finding's Chinese name, to a measurement group."""
    comment = TextContentItem(COMMENT, words, RelationshipTypeValues.CONTAINS)
    group[0].ContentSequence = [*group[0].ContentSequence, comment]


def contribution(reading: Reading, naming: Naming) -> Dataset:
    """Return the model as contributing equipment (PS3.3 C.12.1, purpose of CID 7005)."""
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [codes.coded(PROCESSING_EQUIPMENT)]
    item.Manufacturer, item.ManufacturerModelName = MANUFACTURER, reading.model[:64]
    item.SoftwareVersions = reading.version[:64]
    item.ContributionDateTime = naming.made_at.strftime("%Y%m%d%H%M%S%z")
    item.ContributionDescription = f"Weights SHA-256 {reading.weight_digest}"[:DESCRIPTION_LENGTH]
    return item
