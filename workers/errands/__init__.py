"""The kinds of errands: one module each, found by being here."""

import importlib
import pkgutil
from types import ModuleType


def errand_kinds() -> dict[str, ModuleType]:
    """Return every kind by name; a module without KIND and `work` is refused at start."""
    kinds: dict[str, ModuleType] = {}
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if not isinstance(getattr(module, "KIND", None), str) or not callable(getattr(module, "work", None)):
            raise TypeError(f"{module.__name__} is no errand: it needs KIND and work(desk, task)")
        kinds[module.KIND] = module
    return kinds
