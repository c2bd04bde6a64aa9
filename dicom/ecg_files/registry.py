"""The ECG formats at hand: every module under formats/ is one; a broken one stops the program loudly."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

from dicom.ecg_files import formats
from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.refusals import NotImported

HEAD = 4096
PROMISE = ("NAME", "SUFFIX", "ORDER", "claims", "read")
#: What is sent instead of a data file, by its first bytes.
PICTURES = {b"%PDF": "PDF", b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"GIF8": "GIF", b"BM": "BMP"}


@cache
def ecg_formats() -> tuple[ModuleType, ...]:
    """Return every format in the order in which they look at a file.

    Raises ImportError or AttributeError where a module cannot be loaded or breaks its promise.
    """
    names = [module.name for module in pkgutil.iter_modules(formats.__path__)]
    found = [importlib.import_module(f"{formats.__name__}.{name}") for name in names]
    for module in found:
        lacking = [name for name in PROMISE if not hasattr(module, name)]
        if lacking:
            raise AttributeError(f"{module.__name__} offers no {', '.join(lacking)}")
    return tuple(sorted(found, key=lambda module: (module.ORDER, module.__name__)))


def format_of(head: bytes) -> ModuleType | None:
    """Return the format whose files begin like `head` (the first HEAD bytes), or None."""
    return next((one for one in ecg_formats() if one.claims(head)), None)


def read_ecg_file(path: Path) -> ForeignEcg:
    """Return the ECG in the file; run it in a process of its own (`apart`), for its bytes are a stranger's.

    Raises NotImported with a sentence.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise NotImported("empty")
    found = format_of(head)
    if found is None:
        picture = next((name for start, name in PICTURES.items() if head.startswith(start)), "")
        raise NotImported("picture", picture) if picture else NotImported("unknown-format")
    ecg = found.read(path)
    assert isinstance(ecg, ForeignEcg)
    return ecg
