"""References to the instances that a document rests on, nested by study and series."""

from collections import defaultdict

from pydicom import Dataset
from pydicom.uid import UID

from dicom.write.source import Reference


def evidence(study_uid: str, references: tuple[Reference, ...]) -> Dataset:
    """Return one item naming `references` by series, as PS3.3 table C.17-3 nests them."""
    by_series: dict[str, list[Reference]] = defaultdict(list)
    for reference in references:
        by_series[reference.series_instance_uid].append(reference)
    item = Dataset()
    item.StudyInstanceUID = UID(study_uid)
    item.ReferencedSeriesSequence = [_series(uid, those) for uid, those in by_series.items()]
    return item


def named(reference: Reference) -> Dataset:
    """Return an item with a reference's SOP Class and Instance UID."""
    item = Dataset()
    item.ReferencedSOPClassUID = UID(reference.sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(reference.sop_instance_uid)
    return item


def _series(uid: str, references: list[Reference]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = UID(uid)
    series.ReferencedSOPSequence = [named(reference) for reference in references]
    return series
