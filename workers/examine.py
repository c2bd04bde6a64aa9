"""The doctor's questions that need the other rooms: codecs, finding models and what runs them."""

from collections.abc import Iterator

from hub.doctor import Check, examine_machine
from hub.settings import Settings


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
    try:
        from ai_models.registry import load_models

        models = load_models(tuple(settings.onnx_providers.split(",")))
    except Exception as error:  # a broken model is the doctor's finding, not the doctor's end
        yield Check("models", "fault", f"cannot be loaded: {type(error).__name__}: {error}")
        return
    for model in models:
        text = f"version {model.version}, weights {model.weight_digest}, runs on {_provider(model)}"
        yield Check(f"model {model.name}", "ok", text)
    if not models:
        yield Check("models", "warning", "there is no finding model: every object is not assessed")


def _provider(model: object) -> str:
    return str(getattr(model, "provider", "an unnamed provider"))
