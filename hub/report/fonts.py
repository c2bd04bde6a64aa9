"""Finds the Chinese fonts that the printed report embeds, and knows which characters they hold."""

import struct
from functools import lru_cache
from pathlib import Path

import typst

from hub.errors import SetupFault

#: Fonts a report cannot do without, and one that is used where it is there, for rarer characters.
NEEDED_FONTS = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
FAMILIES = ("Noto Sans SC", "Noto Sans HK")

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_PLACES = (
    _HERE / "fonts",
    _ROOT / "web" / "static" / "dist" / "fonts",
    _ROOT / "web" / "frontend" / "node_modules" / "@expo-google-fonts",
)


_REMEDY = (
    "build the front end, which brings them, or put those two files of the npm package "
    "@expo-google-fonts/noto-sans-sc into the folder hub/report/fonts"
)


class FontsMissing(SetupFault):
    """The Chinese fonts are not where the build puts them."""


@lru_cache(maxsize=1)
def font_folder() -> Path:
    """Return the first folder that holds every needed font, at any depth.

    Raises FontsMissing, saying where was looked and what to do.
    """
    for place in _PLACES:
        if all(next(place.rglob(name), None) for name in NEEDED_FONTS):
            return place
    looked = ", ".join(str(place) for place in _PLACES)
    raise FontsMissing(f"{' and '.join(NEEDED_FONTS)} are in none of {looked}; {_REMEDY}")


@lru_cache(maxsize=4)
def loaded_fonts(folder: Path) -> typst.Fonts:
    """Return the fonts of `folder`, and no others, loaded once for each process.

    Raises FontsMissing when the first of `FAMILIES` is not among them.
    """
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    if FAMILIES[0] not in fonts.families():
        raise FontsMissing(f"{folder} has no font of the family {FAMILIES[0]}; {_REMEDY}")
    return fonts


@lru_cache(maxsize=4)
def covered_characters(folder: Path) -> frozenset[int]:
    """Return the code points that some font of `FAMILIES` in `folder` can print."""
    files = {font.path for font in loaded_fonts(folder).fonts() if font.family in FAMILIES and font.path}
    return frozenset().union(*(_code_points(Path(path).read_bytes()) for path in files))


def _code_points(font: bytes) -> set[int]:
    """Read the code points of a TrueType font's cmap table, sub-table format 12 (OpenType 1.9, cmap)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * index) for index in range(tables))
    cmap = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (encodings,) = struct.unpack_from(">H", font, cmap + 2)
    found: set[int] = set()
    for index in range(encodings):
        start = cmap + struct.unpack_from(">HHL", font, cmap + 4 + 8 * index)[2]
        if struct.unpack_from(">H", font, start)[0] == 12:
            (groups,) = struct.unpack_from(">L", font, start + 12)
            for first, last, _ in struct.iter_unpack(">LLL", font[start + 16 : start + 16 + 12 * groups]):
                found.update(range(first, last + 1))
    return found
