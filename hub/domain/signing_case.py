"""What the checks before a signature look at: the text, and what is known beside it."""

from dataclasses import dataclass

from hub.domain.report import ReportText


@dataclass(frozen=True)
class SigningCase:
    """A report about to be signed, and the facts that it could contradict.

    `ordered` is what was ordered, in the sender's words; `lateralities` are DICOM's R, L and B. `found` names
    findings over threshold, `lesions_mm` what a reader measured, `heart_rate` is in beats a minute.
    `suggested` is the models' text where the report still says nothing else, and nobody confirmed it.
    """

    text: ReportText
    modality: str = ""
    sex: str = ""
    patient_name: str = ""
    ordered: str = ""
    lateralities: frozenset[str] = frozenset()
    found: tuple[str, ...] = ()
    lesions_mm: tuple[float, ...] = ()
    heart_rate: float | None = None
    critical_noticed: bool = False
    other_names: frozenset[str] = frozenset()
    untouched: bool = False

    @property
    def words(self) -> str:
        """Everything that the report says."""
        text = self.text
        return "\n".join(filter(None, (text.findings, text.impression, text.advice, text.addendum)))

    @property
    def conclusion(self) -> str:
        """What the report concludes."""
        return "\n".join(filter(None, (self.text.impression, self.text.addendum)))
