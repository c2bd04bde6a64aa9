"""One finding model as the workers use it: it reads a subject or says why it does not, and never raises."""

import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ai_models.catalogue import BrokenModel, Catalogue, check_weights, read_catalogue
from ai_models.inputs import input_figures
from ai_models.reasons import REASONS
from ai_models.session import Session
from ai_models.subjects import Picture, Subject, kind_of
from hub.domain.finding import Finding, Measurement, Reading, Remark


@dataclass(frozen=True)
class Answer:
    """What a model's `interpret` makes of the network's outputs."""

    scores: dict[str, float]
    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class Code:
    """The three functions of a finding's model.py.

    `refuse(subject)` is the scope test: a reason key, or "" when in scope.
    `prepare(subject)` gives the network's input as float32 with the batch axis.
    `interpret(outputs, subject, settings)` makes the answer.
    """

    refuse: Callable[[Any], str]
    prepare: Callable[[Any], NDArray[np.float32]]
    interpret: Callable[[list[NDArray[np.float32]], Any, dict[str, Any]], Answer]


@dataclass(frozen=True)
class FindingModel:
    """A finding model; with a `fault` it answers "not assessed" with that reason to everything in its
    scope."""

    name: str
    version: str
    weight_digest: str
    kind: str
    fault: str = ""
    code: Code | None = None
    session: Session | None = None
    settings: dict[str, Any] | None = None
    at_once: int = 0

    @property
    def provider(self) -> str:
        """Return the onnxruntime provider really used; empty when nothing is loaded."""
        return self.session.provider if self.session else ""

    def refuses(self, subject: Subject) -> str:
        """Return why the subject is out of this model's scope, or ""; a failing scope test refuses."""
        if self.code is None:
            return self.fault
        if kind_of(subject) != self.kind:
            return "out-of-scope:modality"
        try:
            return self.code.refuse(subject)
        except Exception as error:  # a pre-read never blocks a reader, whatever a header holds
            return f"failed:error:{type(error).__name__}"

    def read(self, subject: Subject) -> Reading:
        """Return the reading of one subject: assessed, or not with the reason. Never raises."""
        started = time.perf_counter()
        reason = self.refuses(subject)
        if reason:
            return self._reading(reason, Answer({}, ()), (time.perf_counter() - started) * 1000, subject)
        return self.assess(subject)

    def assess(self, subject: Subject) -> Reading:
        """Return the reading of a subject that this model did not refuse. Never raises."""
        started = time.perf_counter()
        reason = self.fault
        answer = Answer({}, ())
        if not reason:
            try:
                answer = self._answer(subject)
                reason = _unfit(answer)
            except BrokenModel as error:
                reason = error.reason
            except (
                Exception
            ) as error:  # as above; the kind of error is enough, its text may hold patient data
                reason = f"failed:error:{type(error).__name__}"
        milliseconds = (time.perf_counter() - started) * 1000
        return self._reading(reason, answer, milliseconds, subject)

    def assess_all(self, subjects: Sequence[Subject]) -> list[Reading]:
        """Return the reading of each subject, in one run of the network where that is quicker.

        Whatever goes wrong together is tried again one by one, so that no subject spoils another's reading.
        """
        if len(subjects) < 2 or self.together < 2 or self.fault:
            return [self.assess(subject) for subject in subjects]
        started = time.perf_counter()
        try:
            answers = self._answers(subjects)
        except Exception:
            return [self.assess(subject) for subject in subjects]
        share = (time.perf_counter() - started) * 1000 / len(subjects)
        return [
            self._reading(_unfit(answer), answer, share, subject)
            for answer, subject in zip(answers, subjects, strict=True)
        ]

    @property
    def together(self) -> int:
        """Return how many subjects are worth one run of the network."""
        return self.at_once or (self.session.together if self.session else 1)

    def _answers(self, subjects: Sequence[Subject]) -> list[Answer]:
        assert self.code is not None and self.session is not None
        inputs = [self.code.prepare(subject) for subject in subjects]
        outputs = self.session.run(np.concatenate(inputs))
        ends = np.cumsum([len(one) for one in inputs])[:-1]
        apart = zip(*(np.split(output, ends) for output in outputs), strict=True)
        return [self._interpreted(list(own), subject) for own, subject in zip(apart, subjects, strict=True)]

    def _answer(self, subject: Subject) -> Answer:
        assert self.code is not None and self.session is not None
        return self._interpreted(self.session.run(self.code.prepare(subject)), subject)

    def _interpreted(self, outputs: list[NDArray[np.float32]], subject: Subject) -> Answer:
        assert self.code is not None
        if not all(np.isfinite(output).all() for output in outputs):
            raise BrokenModel("failed:not-finite")
        return self.code.interpret(outputs, subject, self.settings or {})

    def _reading(self, reason: str, answer: Answer, milliseconds: float, subject: Subject) -> Reading:
        if reason:
            answer = Answer({}, ())
        return Reading(
            model=self.name,
            version=self.version,
            weight_digest=self.weight_digest,
            assessed=not reason,
            reason=reason,
            scores=answer.scores,
            findings=answer.findings,
            measurements=answer.measurements,
            milliseconds=round(milliseconds, 2),
            remarks=() if reason else _remarks(subject),
            provider=self.provider if not reason else "",
            fell_back=not reason and self.session is not None and self.session.fell_back,
            inputs=input_figures(subject) if not reason else {},
        )


def load_model(folder: Path, providers: Sequence[str]) -> FindingModel:
    """Load the model of one folder; what is wrong with it becomes its `fault`."""
    code, session, fault = None, None, ""
    try:
        catalogue = read_catalogue(folder)
    except BrokenModel as error:
        return FindingModel(folder.name, "", "", "", error.reason)
    try:
        code = _load_code(folder)
        session = _load_session(catalogue, providers)
    except BrokenModel as error:
        fault = error.reason
    return FindingModel(
        name=catalogue.name,
        version=catalogue.version,
        weight_digest=catalogue.sha256 if session else "",
        kind=catalogue.kind,
        fault=fault,
        code=code,
        session=session,
        settings=catalogue.settings,
    )


def _load_session(catalogue: Catalogue, providers: Sequence[str]) -> Session:
    check_weights(catalogue)
    try:
        session = Session(catalogue.weights, providers)
    except Exception as error:  # onnxruntime has a dozen kinds, none of them public
        raise BrokenModel("weights-unreadable") from error
    if session.input_shape != catalogue.input:
        raise BrokenModel("weights-shape")
    return session


def _load_code(folder: Path) -> Code:
    name = f"ai_models.findings.{folder.name}.model"
    try:
        spec = importlib.util.spec_from_file_location(name, folder / "model.py")
        if spec is None or spec.loader is None:
            raise ImportError(name)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return _functions(module)
    except Exception as error:  # whatever a plug-in does at import, the others go on
        sys.modules.pop(name, None)
        raise BrokenModel("code-unreadable") from error


def _functions(module: ModuleType) -> Code:
    return Code(module.refuse, module.prepare, module.interpret)


def _remarks(subject: Subject) -> tuple[Remark, ...]:
    """A film without an age is read like any other, and the doctor is told that nobody knows whose figure
    counts: the models' figures are given apart for children and adults."""
    unknown = isinstance(subject, Picture) and subject.facts.patient_age_years is None
    return (Remark("age-unknown", *REASONS["age-unknown"]),) if unknown else ()


def _unfit(answer: Answer) -> str:
    """A score that is no probability is no answer."""
    good = all(np.isfinite(score) and 0 <= score <= 1 for score in answer.scores.values())
    return "" if good and answer.scores else "failed:not-finite"
