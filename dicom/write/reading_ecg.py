"""A model's findings and measurements in an ECG as measurement groups that point into the waveform."""

from highdicom.sr import (
    CodedConcept,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    RelationshipTypeValues,
    TcoordContentItem,
    TemporalRangeTypeValues,
    WaveformContentItem,
)
from pydicom import Dataset

from dicom.write.reading_codes import MEASUREMENT_CODES, UNITS, finding_code
from dicom.write.reading_context import Told, add_comment, algorithm, tracking
from dicom.write.reading_numbers import DECIMALS, certainty, scores
from hub.domain.finding import Finding, positives

Group = MeasurementsAndQualitativeEvaluations
ECG_PROCEDURE = CodedConcept("29303009", "SCT", "Electrocardiographic procedure")
SOURCE_OF_MEASUREMENT = CodedConcept("121112", "DCM", "Source of Measurement")


def ecg_groups(told: Told) -> list[Group]:
    """Return one group per finding that is present, one with the intervals, one with every probability."""
    found = [_finding(told, finding) for finding in positives(told.reading.findings)]
    measured = _measured(told)
    groups = [*found]
    if measured:
        groups.append(_group(told, "intervals and axes", measured))
    if told.reading.findings:
        groups.append(_group(told, "probabilities", scores(told)))
    return groups


def _finding(told: Told, finding: Finding) -> Group:
    number = certainty(told, finding.probability)
    _add(number[0], _place(told, finding))
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(told, finding.code),
        finding_type=finding_code(finding.code, finding.label_en),
        measurements=[number],
    )
    add_comment(group, f"{finding.label_zh} {' '.join(finding.leads)}".strip())
    return group


def _group(told: Told, name: str, numbers: list[Measurement]) -> Group:
    for number in numbers:
        _add(number[0], _waveform(told, RelationshipTypeValues.INFERRED_FROM))
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(told, name), measurements=numbers
    )


def _measured(told: Told) -> list[Measurement]:
    """What was measured; what could not be is left out, for 0 would be a lie."""
    return [
        Measurement(
            MEASUREMENT_CODES[one.name],
            round(one.value, DECIMALS),
            UNITS[one.unit],
            algorithm_id=algorithm(told.reading),
        )
        for one in told.reading.measurements
        if one.value is not None and one.name in MEASUREMENT_CODES and one.unit in UNITS
    ]


def _place(told: Told, finding: Finding) -> Dataset:
    """The finding's interval in the recording, else the recording."""
    if finding.interval_ms is None:
        return _waveform(told, RelationshipTypeValues.INFERRED_FROM)
    start, end = (milliseconds / 1000.0 for milliseconds in finding.interval_ms)
    interval = TcoordContentItem(
        SOURCE_OF_MEASUREMENT,
        TemporalRangeTypeValues.SEGMENT,
        referenced_time_offsets=[round(start, DECIMALS), round(end, DECIMALS)],
        relationship_type=RelationshipTypeValues.INFERRED_FROM,
    )
    _add(interval, _waveform(told, RelationshipTypeValues.SELECTED_FROM))
    return interval


def _waveform(told: Told, relation: RelationshipTypeValues) -> WaveformContentItem:
    return WaveformContentItem(
        SOURCE_OF_MEASUREMENT,
        told.read.sop_class_uid,
        told.read.sop_instance_uid,
        relationship_type=relation,
    )


def _add(item: Dataset, child: Dataset) -> None:
    item.ContentSequence = [*item.get("ContentSequence", []), child]
