"""The finding models at hand: every folder under findings/ is one, and a broken one answers with its
reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ai_models.catalogue import FINDINGS
from ai_models.finding_model import FindingModel, load_model
from ai_models.session import CPU
from ai_models.subjects import Subject, kind_of
from hub.domain.finding import Reading


@dataclass(frozen=True)
class Route:
    """The one model for a subject, or None with the reason why there is none."""

    model: FindingModel | None
    reason: str = ""


def load_models(providers: Sequence[str] = (CPU,), folder: Path | None = None) -> tuple[FindingModel, ...]:
    """Load every finding model of `folder`, in order of name; never raises for a broken one.

    Call it once per process, after any fork: sessions do not survive one.
    """
    names = sorted(
        p for p in (folder or FINDINGS).iterdir() if p.is_dir() and not p.name.startswith(("_", "."))
    )
    return tuple(load_model(path, providers) for path in names)


def route(models: Sequence[FindingModel], subject: Subject) -> Route:
    """Pick the one model in whose scope the subject lies; the first by name if several claim it."""
    kind = kind_of(subject)
    able = [model for model in models if kind and model.kind in (kind, "")]
    if not able:
        return Route(None, "no-model")
    reasons = []
    for model in able:
        reason = model.refuses(subject)
        if not reason:
            return Route(model)
        reasons.append(reason)
    return Route(None, min(reasons, key=_rank))


def pre_read(models: Sequence[FindingModel], subject: Subject) -> Reading:
    """Route and read; a subject that no model takes is a reading of no model with the reason."""
    chosen = route(models, subject)
    if chosen.model is None:
        return _nobody(chosen.reason)
    return chosen.model.assess(subject)


def pre_read_all(models: Sequence[FindingModel], subjects: Sequence[Subject]) -> list[Reading]:
    """Return what `pre_read` says of each; those of one model are read together where it is quicker."""
    routes = [route(models, subject) for subject in subjects]
    readings: dict[int, Reading] = {
        at: _nobody(chosen.reason) for at, chosen in enumerate(routes) if chosen.model is None
    }
    for model in models:
        own = [at for at, chosen in enumerate(routes) if chosen.model is model]
        for at, reading in zip(own, model.assess_all([subjects[at] for at in own]), strict=True):
            readings[at] = reading
    return [readings[at] for at in range(len(subjects))]


def _nobody(reason: str) -> Reading:
    return Reading(model="", version="", weight_digest="", assessed=False, reason=reason)


def _rank(reason: str) -> int:
    """Order reasons for a subject that all models refuse: the one nearest to the matter first.

    "Lateral chest" tells the doctor more than a model whose scope test cannot be loaded, and that more than
    the bone model's "body part", for the broken one may have been made for it.
    """
    if reason == "out-of-scope:lateral-chest":
        return 0
    if reason == "out-of-scope:body-part":
        return 3
    return 2 if reason.endswith("-unreadable") else 1
