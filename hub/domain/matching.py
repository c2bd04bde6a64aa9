"""Whether an attribute matches a key of a query (PS3.4 C.2.2.2), decided on plain text."""

import re
from functools import lru_cache

#: Value representations whose keys may hold * and ? (PS3.4 C.2.2.2.4).
WILDCARD_VRS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
RANGE_VRS = frozenset(("DA", "TM", "DT"))
NUMBER_VRS = frozenset(("IS", "DS", "US", "UL", "SS", "SL"))
SEVERAL = "\\"
PARTED_DATE = re.compile(r"^(\d{4})([.-])(\d\d)\2(\d\d)$", re.ASCII)
#: Five components in three groups of 64 characters with their delimiters (PS3.5 6.2).
NAME_LENGTH = 324
#: A longer key is no key of anybody's.
LONGEST_KEY = 4096


def plain_date(text: str) -> str:
    """Return a date as YYYYMMDD also where an old device wrote 2026.11.01 or 2026-11-01 (PS3.5 6.2)."""
    return PARTED_DATE.sub(r"\1\3\4", text)


def is_universal(wanted: str) -> bool:
    """Tell whether a key matches everything: it is empty, or nothing but asterisks."""
    return not wanted.strip(" \0*")


def has_wildcard(vr: str, wanted: str) -> bool:
    """Tell whether a key of `vr` holds a wildcard."""
    return vr in WILDCARD_VRS and ("*" in wanted or "?" in wanted)


def matches(vr: str, wanted: str, held: str) -> bool:
    """Tell whether the value `held` matches the key `wanted`; several of either are divided by backslashes.

    An attribute without a value matches a universal key only.
    """
    if is_universal(wanted):
        return True
    values = held.split(SEVERAL)
    if vr in RANGE_VRS:
        return any(_within(vr, wanted.strip(), value.strip()) for value in values)
    keys = [key.strip(" \0") for key in wanted[:LONGEST_KEY].split(SEVERAL)]
    return any(_equals(vr, key, value.strip(" \0")) for key in keys for value in values)


def name_matches(wanted: str, held: str) -> bool:
    """Tell whether a person's name matches, without regard to case, each group that is asked for somewhere.

    Family and given name may be joined, or parted by ^ or a space: senders do all three. A group may match
    any that is held, since 张三 often stands where ZHANG^SAN should.
    """
    asked = folded_groups(wanted[:LONGEST_KEY])
    groups = folded_groups(held)
    return all(any(_pattern(key).fullmatch(group) for group in groups) for key in asked if key.strip("*"))


def _equals(vr: str, key: str, value: str) -> bool:
    if not value:
        return False
    if vr == "PN":
        return name_matches(key, value)
    if vr in NUMBER_VRS:
        return _number(key) == _number(value) is not None
    if has_wildcard(vr, key):
        return bool(_pattern(key).fullmatch(value))
    return key == value


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def folded_groups(name: str) -> list[str]:
    """Return a name's groups without difference of case, with one space between words and none in Chinese."""
    words = (" ".join(group.replace("^", " ").casefold().split()) for group in name.split("="))
    return [re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f*?])", "", group) for group in words]


def sought_name(name: str) -> str:
    """Return a name as a database searches it: each of its groups, folded, between two =; none is empty."""
    return f"={'='.join(folded_groups(name))[:NAME_LENGTH]}=" if name else ""


@lru_cache(maxsize=256)
def _pattern(key: str) -> re.Pattern[str]:
    """What follows an asterisk is looked for once: a key of many would be tried in every way for hours."""
    first, *rest = (_piece(part) for part in re.split(r"\*+", key))
    found = "".join(f"(?>.*?{part})" for part in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    return re.compile(first + found + last, re.DOTALL)


def _piece(part: str) -> str:
    return ".".join(re.escape(text) for text in part.split("?"))


def _within(vr: str, wanted: str, value: str) -> bool:
    """Match a date, a time or both: one value, or a range that may be open at one end."""
    if not value:
        return False
    value, key = _digits(vr, value), wanted
    if vr == "DT":  # the hyphen of a time zone stands before four digits and is no range
        key = re.sub(r"[+-]\d{4}(?=$|-)", "", wanted) if len(wanted) > 5 else wanted
    first, dash, last = key.partition("-")
    first, last = _digits(vr, first), _digits(vr, last)
    if not dash:
        return _same_instant(vr, first, value)
    return (not first or value >= first) and (not last or value[: len(last)] <= last)


def _same_instant(vr: str, key: str, value: str) -> bool:
    if vr == "DA":
        return key == value
    # A time that is less precise stands for every time within it.
    return value.startswith(key) or key.startswith(value)


def _digits(vr: str, text: str) -> str:
    """Old devices write 2026.11.01 and 08:00 (PS3.5 6.2, formats of the retired standard)."""
    drop = {"DA": ".-", "TM": ":"}.get(vr, "")
    return "".join(ch for ch in text if ch not in drop).strip()
