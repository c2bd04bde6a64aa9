"""The signed report as Basic Text SR, TID 2000 (PS3.16), the form that most systems can read."""

from collections import defaultdict
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID, BasicTextSRStorage

from dicom.write import codes
from dicom.write.frame import new_object
from dicom.write.source import Naming, Reference, Signer, SourceStudy
from hub.domain.report import ReportText


@dataclass(frozen=True)
class Predecessor:
    """The version that an addendum replaces."""

    series_instance_uid: str
    sop_instance_uid: str


def report_sr(
    study: SourceStudy,
    text: ReportText,
    signer: Signer,
    naming: Naming,
    predecessors: tuple[Predecessor, ...] = (),
) -> Dataset:
    """Return the whole report, complete, verified and final; the same arguments give the same object.

    `naming.made_at` is the instant of signing, with its offset.
    """
    dataset = new_object(BasicTextSRStorage, "SR", study, naming)
    dataset.SeriesDescription = "Report"
    dataset.ReferencedPerformedProcedureStepSequence = []
    dataset.PerformedProcedureCodeSequence = []
    _fill_flags(dataset, signer, naming)
    dataset.ReferencedRequestSequence = [_request(study)]
    dataset.CurrentRequestedProcedureEvidenceSequence = [
        _evidence(study.study_instance_uid, study.references)
    ]
    if predecessors:
        earlier = [
            Reference(p.series_instance_uid, BasicTextSRStorage, p.sop_instance_uid) for p in predecessors
        ]
        dataset.PredecessorDocumentsSequence = [_evidence(study.study_instance_uid, tuple(earlier))]
    _fill_content(dataset, study, text, signer)
    return dataset


def _fill_flags(dataset: Dataset, signer: Signer, naming: Naming) -> None:
    """Completed, verified by a named person, final (PS3.3 C.17.2)."""
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    dataset.PreliminaryFlag = "FINAL"
    dataset.VerifyingObserverSequence = [_verifier(signer, naming)]
    author = Dataset()
    author.ObserverType = "PSN"
    author.PersonName, author.InstitutionName = signer.name, signer.organisation
    author.InstitutionCodeSequence, author.PersonIdentificationCodeSequence = [], []
    dataset.AuthorObserverSequence = [author]


def _verifier(signer: Signer, naming: Naming) -> Dataset:
    item = Dataset()
    item.VerifyingOrganization = signer.organisation
    item.VerificationDateTime = naming.made_at.strftime("%Y%m%d%H%M%S%z")
    item.VerifyingObserverName = signer.name
    licence = (signer.licence, signer.scheme, "Medical licence number")
    item.VerifyingObserverIdentificationCodeSequence = [codes.coded(licence)] if signer.licence else []
    return item


def _request(study: SourceStudy) -> Dataset:
    item = Dataset()
    item.StudyInstanceUID = UID(study.study_instance_uid)
    item.ReferencedStudySequence = []
    item.AccessionNumber = study.accession
    item.PlacerOrderNumberImagingServiceRequest = item.FillerOrderNumberImagingServiceRequest = ""
    item.RequestedProcedureID, item.RequestedProcedureCodeSequence = "", []
    item.RequestedProcedureDescription = study.study_description
    return item


def _evidence(study_uid: str, references: tuple[Reference, ...]) -> Dataset:
    """Return references by series, as PS3.3 table C.17-3 nests them."""
    by_series: dict[str, list[Reference]] = defaultdict(list)
    for reference in references:
        by_series[reference.series_instance_uid].append(reference)
    item = Dataset()
    item.StudyInstanceUID = UID(study_uid)
    item.ReferencedSeriesSequence = [_series(uid, those) for uid, those in by_series.items()]
    return item


def _series(uid: str, references: list[Reference]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = UID(uid)
    series.ReferencedSOPSequence = [_sop(reference) for reference in references]
    return series


def _sop(reference: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UID(reference.sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(reference.sop_instance_uid)
    return item


def _fill_content(dataset: Dataset, study: SourceStudy, text: ReportText, signer: Signer) -> None:
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = [codes.coded(codes.report_title(study.modality))]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2000"
    dataset.ContentTemplateSequence = [template]
    sections = (
        (codes.FINDINGS, codes.FINDING, text.findings),
        (codes.IMPRESSIONS, codes.IMPRESSION, text.impression),
        (codes.RECOMMENDATIONS, codes.RECOMMENDATION, text.advice),
        (codes.ADDENDUM, codes.ADDENDUM, text.addendum),
    )
    dataset.ContentSequence = [
        _code_item(codes.LANGUAGE, codes.CHINESE, "HAS CONCEPT MOD"),
        _code_item(codes.OBSERVER_TYPE, codes.PERSON, "HAS OBS CONTEXT"),
        _name_item(codes.PERSON_OBSERVER_NAME, signer.name),
        *(_section(title, name, words) for title, name, words in sections if words.strip()),
    ]


def _section(title: codes.Code, name: codes.Code, words: str) -> Dataset:
    section = _item("CONTAINER", title, "CONTAINS")
    section.ContinuityOfContent = "SEPARATE"
    inside = _item("TEXT", name, "CONTAINS")
    inside.TextValue = words.replace("\r\n", "\n").replace("\n", "\r\n")
    section.ContentSequence = [inside]
    return section


def _code_item(name: codes.Code, value: codes.Code, relation: str) -> Dataset:
    item = _item("CODE", name, relation)
    item.ConceptCodeSequence = [codes.coded(value)]
    return item


def _name_item(name: codes.Code, value: str) -> Dataset:
    item = _item("PNAME", name, "HAS OBS CONTEXT")
    item.PersonName = value
    return item


def _item(value_type: str, name: codes.Code, relation: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, value_type
    item.ConceptNameCodeSequence = [codes.coded(name)]
    return item
