"""Names of patients as senders really write them, and the guess that makes some readable."""

from dataclasses import dataclass

#: The escape sequence of ISO 2022 IR 58, after which GB2312 stands as in GB18030 (PS3.3 table C.12-4).
CHINESE_FOLLOWS = b"\x1b$)A"


@dataclass(frozen=True)
class ShownName:
    """A name as it is shown; `guessed` names stand with a question mark until a person confirms."""

    text: str
    guessed: bool = False


def shown_name(raw: bytes, declared: tuple[str, ...]) -> ShownName:
    """Return how PatientName bytes are shown under the `declared` Python codecs.

    Bytes that the declared character set does not explain are read as GB18030 when that gives
    nothing but Chinese characters and ASCII; else each odd byte is shown as U+FFFD.
    """
    if not raw.strip():
        return ShownName("")
    honest = _decoded(raw, declared)
    if honest is not None and not _mislabelled(raw, honest, declared):
        return ShownName(tidy(honest))
    guess = _decoded(raw, ("gb18030",))
    if guess is not None and _all_cjk_or_ascii(guess):
        return ShownName(tidy(guess), guessed=True)
    if honest is not None:
        return ShownName(tidy(honest))
    return ShownName(tidy(raw.decode("ascii", errors="replace")), guessed=True)


def _decoded(raw: bytes, codecs: tuple[str, ...]) -> str | None:
    for codec in codecs:
        try:
            return raw.decode(codec)
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def _mislabelled(raw: bytes, honest: str, declared: tuple[str, ...]) -> bool:
    """Latin-1 explains any byte; it is doubted when GB18030 reads the same bytes as Chinese."""
    if all(byte < 0x80 for byte in raw) or "latin_1" not in declared[:1]:
        return False
    guess = _decoded(raw, ("gb18030",))
    return guess is not None and guess != honest and _all_cjk_or_ascii(guess)


def _all_cjk_or_ascii(text: str) -> bool:
    """Each part of the name is wholly Chinese or wholly ASCII: `M黮ler` is no name."""
    parts = text.replace("=", "^").replace(" ", "^").split("^")
    return all(part.isascii() or all(_is_cjk(ch) for ch in part) for part in parts)


def _is_cjk(ch: str) -> bool:
    return "\u3400" <= ch <= "\u9fff" or ch >= "\U00020000" or ch == "·"


def tidy(text: str) -> str:
    """Prefer the ideographic group of `Zhang^San=张^三`; components joined without the caret."""
    groups = [group.replace("^", " ").strip() for group in text.strip(" \0").split("=")]
    chosen = next((group for group in groups[1:] if group), groups[0])
    return chosen.replace(" ", "") if any(ord(ch) > 0x2E7F for ch in chosen) else " ".join(chosen.split())


def full_name(shown: str, raw: bytes) -> str:
    """Return the name with its component groups as the sender wrote them, where they say what is `shown`.

    A name that a person has put right, or whose bytes are in none of the usual encodings, is what is shown.
    """
    for codec in ("utf_8", "gb18030"):
        written = _decoded(raw.strip(b" \0").replace(CHINESE_FOLLOWS, b""), (codec,))
        if written is not None and written.isprintable() and tidy(written) == shown:
            return written
    return shown
