"""Matching of QIDO keys (PS3.4 C.2.2.2): single value, wildcard, UID list, date range."""

import re
from collections.abc import Callable
from typing import Any

from flask import abort
from sqlalchemy import ColumnElement, String, cast

from hub.store.query import date_digits

Match = Callable[[Any, str], ColumnElement[bool]]

LONGEST_VALUE = 1024
DATE_RANGE = re.compile(r"(\d{8})?(-)?(\d{8})?")


def text_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match text without regard to case; * stands for any characters, ? for one."""
    escaped = re.sub(r"([\\%_])", r"\\\1", value[:LONGEST_VALUE])
    pattern = escaped.replace("*", "%").replace("?", "_")
    return cast(column, String).ilike(pattern, escape="\\")


def uid_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match any UID of a list, divided by commas or backslashes."""
    return column.in_(re.split(r"[,\\]", value)[:LONGEST_VALUE])  # type: ignore[no-any-return]


def date_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match a date, or a range that may be open at one end."""
    matched = DATE_RANGE.fullmatch(value)
    if matched is None or not (matched[1] or matched[3]):
        abort(400)
    first, dash, last = matched.groups()
    date = date_digits(column)
    if not dash:
        return date == first
    return date.between(first or "00000000", last or "99999999")
