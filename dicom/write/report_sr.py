"""The signed report as Basic Text SR, TID 2000 (PS3.16), the form that most systems can read."""

from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID, BasicTextSRStorage

from dicom.write import codes
from dicom.write.clean import SHORT_STRING, clean_name, clean_paragraphs, clean_text
from dicom.write.evidence import evidence
from dicom.write.frame import new_object
from dicom.write.source import Naming, Reference, Signer, SourceStudy
from hub.domain.report import ReportText

#: The one line that a verified report may say of a model (never the model's own words).
AI_CONSULTED = "AI consulted: {models}（AI 预读，仅供参考，由签发医生判读）"


@dataclass(frozen=True)
class Predecessor:
    """The version that an addendum replaces."""

    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class Beside:
    """Beside the reader's words: the versions that are replaced, the models whose reading was shown."""

    predecessors: tuple[Predecessor, ...] = ()
    consulted: tuple[str, ...] = ()


#: A first version, read without a model.
NOTHING = Beside()


def report_sr(
    study: SourceStudy,
    text: ReportText,
    signer: Signer,
    naming: Naming,
    beside: Beside = NOTHING,
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
    dataset.CurrentRequestedProcedureEvidenceSequence = [evidence(study.study_instance_uid, study.references)]
    if beside.predecessors:
        earlier = [
            Reference(p.series_instance_uid, BasicTextSRStorage, p.sop_instance_uid)
            for p in beside.predecessors
        ]
        dataset.PredecessorDocumentsSequence = [evidence(study.study_instance_uid, tuple(earlier))]
    _fill_head(dataset, study)
    dataset.ContentSequence = [*_context(signer), *_sections(study.history, text, beside.consulted)]
    return dataset


def _fill_flags(dataset: Dataset, signer: Signer, naming: Naming) -> None:
    """Completed, verified by a named person, final (PS3.3 C.17.2)."""
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    dataset.PreliminaryFlag = "FINAL"
    dataset.VerifyingObserverSequence = [_verifier(signer, naming)]
    author = Dataset()
    author.ObserverType = "PSN"
    author.PersonName = clean_name(signer.name)
    author.InstitutionName = clean_text(signer.organisation)
    author.InstitutionCodeSequence, author.PersonIdentificationCodeSequence = [], _licence(signer)
    dataset.AuthorObserverSequence = [author]


def _verifier(signer: Signer, naming: Naming) -> Dataset:
    item = Dataset()
    item.VerifyingOrganization = clean_text(signer.organisation)
    item.VerificationDateTime = naming.made_at.strftime("%Y%m%d%H%M%S%z")
    item.VerifyingObserverName = clean_name(signer.name)
    item.VerifyingObserverIdentificationCodeSequence = _licence(signer)
    return item


def _licence(signer: Signer) -> list[Dataset]:
    """The doctor's licence as a code of the hub's own scheme; nothing where none is known."""
    number = clean_text(signer.licence)
    return [codes.coded((number, signer.scheme, "Medical licence number"))] if number else []


def _request(study: SourceStudy) -> Dataset:
    item = Dataset()
    item.StudyInstanceUID = UID(study.study_instance_uid)
    item.ReferencedStudySequence = []
    item.AccessionNumber = clean_text(study.accession, SHORT_STRING)
    item.PlacerOrderNumberImagingServiceRequest = item.FillerOrderNumberImagingServiceRequest = ""
    item.RequestedProcedureID, item.RequestedProcedureCodeSequence = "", []
    item.RequestedProcedureDescription = clean_text(study.study_description)
    return item


def _fill_head(dataset: Dataset, study: SourceStudy) -> None:
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = [codes.coded(codes.report_title(study.modality, study.body_part))]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2000"
    dataset.ContentTemplateSequence = [template]


def _context(signer: Signer) -> list[Dataset]:
    return [
        _code_item(codes.LANGUAGE, codes.CHINESE, "HAS CONCEPT MOD"),
        _code_item(codes.OBSERVER_TYPE, codes.PERSON, "HAS OBS CONTEXT"),
        _name_item(codes.PERSON_OBSERVER_NAME, signer.name),
    ]


def _sections(history: str, text: ReportText, consulted: tuple[str, ...]) -> list[Dataset]:
    """The history that the page showed, the reader's words, and one line that names the models consulted."""
    models = AI_CONSULTED.format(models=", ".join(consulted)) if consulted else ""
    sections = (
        (codes.HISTORY, codes.HISTORY, history),
        (codes.PROCEDURES, codes.PROCEDURE, models),
        (codes.FINDINGS, codes.FINDING, text.findings),
        (codes.IMPRESSIONS, codes.IMPRESSION, text.impression),
        (codes.RECOMMENDATIONS, codes.RECOMMENDATION, text.advice),
        (codes.ADDENDUM, codes.ADDENDUM, text.addendum),
    )
    return [_section(title, name, words) for title, name, words in sections if words.strip()]


def _section(title: codes.Code, name: codes.Code, words: str) -> Dataset:
    section = _item("CONTAINER", title, "CONTAINS")
    section.ContinuityOfContent = "SEPARATE"
    inside = _item("TEXT", name, "CONTAINS")
    inside.TextValue = clean_paragraphs(words)
    section.ContentSequence = [inside]
    return section


def _code_item(name: codes.Code, value: codes.Code, relation: str) -> Dataset:
    item = _item("CODE", name, relation)
    item.ConceptCodeSequence = [codes.coded(value)]
    return item


def _name_item(name: codes.Code, value: str) -> Dataset:
    item = _item("PNAME", name, "HAS OBS CONTEXT")
    item.PersonName = clean_name(value)
    return item


def _item(value_type: str, name: codes.Code, relation: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, value_type
    item.ConceptNameCodeSequence = [codes.coded(name)]
    return item
