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
    yield _rules(settings)
    yield from _models(settings)


def _rules(settings: Settings) -> Check:
    from ai_models.ecg_rules.pack import DEFAULT, BrokenPack, load_pack

    try:
        pack = load_pack(settings.ecg_rules or DEFAULT)
    except BrokenPack as error:
        return Check("ecg rules", "fault", f"no critical value is raised: {error}")
    return Check("ecg rules", "ok", f"rule pack {pack.name}, {len(pack.rules)} rules")


def _codecs() -> Check:
    from dicom.decoders import decoders

    found = decoders()
    missing = [name for name, libraries in found.items() if not libraries]
    if missing:
        return Check("codecs", "fault", f"cannot decode {', '.join(missing)}")
    return Check("codecs", "ok", f"{len(found)} compressed transfer syntaxes can be decoded")


def _models(settings: Settings) -> Iterator[Check]:
    from ai_models.registry import load_models
    from ai_models.session import providers_from

    wanted = providers_from(settings.onnx_providers)
    models = load_models(wanted)
    yield from (_model(model, wanted[0]) for model in models)
    yield from _readings(settings)
    if not models:
        yield Check("models", "warning", "there is no finding model: every object is not assessed")


def _readings(settings: Settings) -> Iterator[Check]:
    """What ran the workers' readings of the last day: what this process loads may differ from theirs."""
    from hub.store import open_store, schema
    from hub.store.pre_reads import runs_since_yesterday

    if settings.database_url is None and not (settings.data_dir / "hub.sqlite3").exists():
        return
    try:
        if schema.current(settings) != schema.newest():
            return
        store = open_store(settings)
        with store.reading() as session:
            runs = runs_since_yesterday(session)
        store.close()
    except Exception as error:  # the database has a check of its own
        yield Check("readings", "warning", f"cannot be looked at ({type(error).__name__})")
        return
    for run in runs:
        text = f"{run.count} by {run.model} in the last day on {run.provider}"
        if run.fell_back:
            yield Check("readings", "warning", f"{text}, because what was asked for could not be used")
        elif run.reason:
            yield Check("readings", "warning", f"{run.count} in the last day not assessed: {run.reason}")
        else:
            yield Check("readings", "ok", text)


def _model(model: "FindingModel", wanted: str) -> Check:
    if model.fault:
        return Check(model.name, "fault", f"answers not assessed to everything: {model.fault}")
    text = f"version {model.version}, weights {model.weight_digest[:16]}, runs on {model.provider}"
    if model.provider != wanted:
        return Check(model.name, "warning", f"{text} and not on {wanted}, which was asked for")
    return Check(model.name, "ok", text)
