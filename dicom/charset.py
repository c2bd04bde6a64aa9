"""Text as senders really encode it: declared character sets, and the guess that makes some readable."""

import re

from pydicom.charset import CODES_TO_ENCODINGS, python_encoding

from hub.domain.person_name import ShownName, shown_name

ESCAPE = b"\x1b"
#: What an escape sequence switches to (PS3.3 tables C.12-3 and C.12-4).
ESCAPES = CODES_TO_ENCODINGS | {b"\x1b(B": "ascii", b"\x1b$)A": "gb18030", b"\x1b$@": "iso2022_jp"}
#: Codecs that want to see their escape sequence.
ESCAPE_IS_THEIRS = ("iso2022_jp", "iso2022_jp_2")
#: What every declaration reads alike.
PLAIN = re.compile(rb"[\x20-\x7e]*")
#: Without SpecificCharacterSet only the default repertoire is declared (PS3.5 6.1.2.1).
UNDECLARED = ("ascii",)
#: The codecs of PS3.3 C.12.1.1.2, with Python's names, under the term's letters and digits only.
CODECS = {re.sub(r"\W|_", "", term): codec for term, codec in python_encoding.items() if term} | {
    "ISOIR6": "ascii",
    "ISO2022IR6": "ascii",
    "ISO2022IR58": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "GB18030": "gb18030",
    "UTF8": "utf_8",
    "ISOIR192": "utf_8",
}  # fmt: skip


def codecs_of(specific_character_set: bytes) -> tuple[str, ...]:
    """Return Python codecs for the value of SpecificCharacterSet (0008,0005), ASCII when it is unknown.

    ISO 2022 IR 58 and GBK are read by their superset GB18030.
    """
    terms = specific_character_set.decode("ascii", "ignore").upper().split("\\")
    known = [CODECS.get(re.sub(r"[^A-Z0-9]", "", term), "ascii") for term in terms]
    return tuple(dict.fromkeys(known))


def name_shown(raw: bytes, codecs: tuple[str, ...]) -> ShownName:
    """Return how the bytes of a person name are shown, and whether that is a guess."""
    if ESCAPE in raw:
        return shown_name(_unescaped(raw, codecs).encode("utf_8", "replace"), ("utf_8",))
    if _hidden_utf8(raw, codecs):
        return ShownName(shown_name(raw, ("utf_8",)).text, guessed=True)
    return shown_name(raw, codecs)


def text_shown(raw: bytes, codecs: tuple[str, ...]) -> str:
    """Return a text as declared, else as UTF-8 or GB18030 when that reads as Chinese.

    What cannot be read is shown as U+FFFD; control characters but line ends too.
    """
    raw = raw.rstrip(b"\0 ")
    if PLAIN.fullmatch(raw):
        return raw.decode("ascii").strip()
    return re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", _decoded(raw, codecs)).strip()


def _decoded(raw: bytes, codecs: tuple[str, ...]) -> str:
    if raw.isascii() and ESCAPE not in raw:
        return raw.decode("ascii")
    if ESCAPE in raw:
        return _unescaped(raw, codecs)
    if _hidden_utf8(raw, codecs):
        return raw.decode("utf_8")
    honest = _strictly(raw, codecs)
    if honest is None or codecs[0] == "latin_1":
        guess = _strictly(raw, ("gb18030",))
        if guess is not None and _reads_as_chinese(guess, raw):
            return guess
    return honest if honest is not None else raw.decode("ascii", "replace")


def _hidden_utf8(raw: bytes, codecs: tuple[str, ...]) -> bool:
    """UTF-8 under another declaration: bytes in threes that make Chinese are no accident."""
    if raw.isascii() or "utf_8" in codecs:
        return False
    text = _strictly(raw, ("utf_8",))
    return text is not None and all(ch.isascii() or _is_chinese(ch) for ch in text)


def _strictly(raw: bytes, codecs: tuple[str, ...]) -> str | None:
    for codec in codecs:
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _reads_as_chinese(text: str, raw: bytes) -> bool:
    """Chinese comes in pairs of high bytes or in runs: `für` read as `f黵` is neither."""
    if not all(ch.isascii() or _is_chinese(ch) for ch in text):
        return False
    runs = re.findall(r"[^\x00-\x7f]+", text)
    return _strictly(raw, ("gb2312",)) is not None or all(len(run) > 1 for run in runs)


def _is_chinese(ch: str) -> bool:
    """Han characters, CJK punctuation and full-width forms."""
    return bool(re.match("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\U00020000-\U0003ffff]", ch))


def _unescaped(raw: bytes, codecs: tuple[str, ...]) -> str:
    """Decode ISO 2022 code extensions (PS3.5 6.1.2.5); what is wrong in them becomes U+FFFD."""
    plain, *escaped = raw.split(ESCAPE)
    return plain.decode(codecs[0], "replace") + "".join(
        _fragment(ESCAPE + part, codecs[0]) for part in escaped
    )


def _fragment(part: bytes, first: str) -> str:
    """Decode what follows one escape sequence; a delimiter sets the first character set again."""
    length = 4 if part[:3] in (b"\x1b$(", b"\x1b$)") else 3
    codec = ESCAPES.get(part[:length], first)
    if codec in ESCAPE_IS_THEIRS:
        return part.decode(codec, "replace")
    body, rest = re.fullmatch(rb"([^\^=\\\r\n\t\f]*)(.*)", part[length:], re.DOTALL).groups()  # type: ignore[union-attr]
    return body.decode(codec, "replace") + rest.decode(first, "replace")
