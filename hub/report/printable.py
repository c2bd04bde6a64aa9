"""Makes any text printable without losing a character in silence."""

import unicodedata
from collections.abc import Container

_VARIATION_SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
#: They change how a neighbour looks or where a line may break, and show nothing themselves
#: (Unicode 16, Default_Ignorable_Code_Point: soft hyphen, joiners, byte order mark, selectors).
_UNSEEN = frozenset({0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *_VARIATION_SELECTORS})


def printable(text: str, covered: Container[int]) -> str:
    """Return `text` in characters that the fonts have (`covered` code points), lines kept.

    A missing character is replaced by its compatibility form (₂ by 2) where the fonts have that, else by its
    code point in brackets, 〔U+2A6D6〕, as are control and direction marks, so that nothing can hide.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(_shown(character, covered) for character in lines)


def _shown(character: str, covered: Container[int]) -> str:
    point = ord(character)
    if character == "\n":
        return character
    if unicodedata.category(character) == "Zs":
        return character if point in covered else " "
    if point in _UNSEEN:
        return ""
    if unicodedata.category(character)[0] != "C" and point in covered:
        return character
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and all(ord(part) in covered for part in plain):
        return plain
    return f"〔U+{point:04X}〕"
