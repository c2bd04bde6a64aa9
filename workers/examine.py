"""The doctor's questions that need the other rooms: codecs, finding models and what runs them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hub.doctor import Check, examine_machine
from hub.settings import Settings

if TYPE_CHECKING:
    from ai_models.finding_model import FindingModel


def examine(settings: Settings) -> Iterator[Check]:
    """Yield every check of this installation, the quick ones first."""
    yield from examine_machine(settings)
    yield _codecs()
    yield from _models(settings)


def _codecs() -> Check:
    from dicom.decoders import decoders

    found = decoders()
    missing = [name for name, libraries in found.items() if not libraries]
    if missing:
        return Check("codecs", "fault", f"cannot decode {', '.join(missing)}")
    return Check("codecs", "ok", f"{len(found)} compressed transfer syntaxes can be decoded")


def _models(settings: Settings) -> Iterator[Check]:
    from ai_models.registry import load_models

    wanted = tuple(name.strip() for name in settings.onnx_providers.split(","))
    models = load_models(wanted)
    yield from (_model(model, wanted[0]) for model in models)
    if not models:
        yield Check("models", "warning", "there is no finding model: every object is not assessed")


def _model(model: "FindingModel", wanted: str) -> Check:
    if model.fault:
        return Check(model.name, "fault", f"answers not assessed to everything: {model.fault}")
    text = f"version {model.version}, weights {model.weight_digest[:16]}, runs on {model.provider}"
    if model.provider != wanted:
        return Check(model.name, "warning", f"{text} and not on {wanted}, which was asked for")
    return Check(model.name, "ok", text)
