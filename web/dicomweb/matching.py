"""Matching of QIDO keys (PS3.4 C.2.2.2): single value, wildcard, number, UID list, range."""

import re
from collections.abc import Callable
from typing import Any

from flask import abort
from sqlalchemy import ColumnElement, String, and_, cast, select, true
from sqlalchemy.orm import aliased

from hub.domain.matching import folded_groups, is_universal
from hub.store.query import date_digits
from hub.store.tables import Instance, Series

Match = Callable[[Any, str], ColumnElement[bool]]

LONGEST_VALUE = 1024
DATE_RANGE = re.compile(r"(\d{8})?(-)?(\d{8})?")
TIME = r"(\d{2}|\d{4}|\d{6}(?:\.\d{1,6})?)?"
TIME_RANGE = re.compile(f"{TIME}(-)?{TIME}")
NUMBER = re.compile(r"[+-]?\d{1,12}")


def text_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match text without regard to case; * stands for any characters, ? for one."""
    escaped = re.sub(r"([\\%_])", r"\\\1", value[:LONGEST_VALUE])
    pattern = escaped.replace("*", "%").replace("?", "_")
    return cast(column, String).ilike(pattern, escape="\\")


def name_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match a person's name as C-FIND does: each group of the key in any group of a name that is searched."""
    asked = [group for group in folded_groups(value[:LONGEST_VALUE]) if not is_universal(group)]
    return and_(true(), *(text_match(column, f"*={group}=*") for group in asked))


def modality_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match a study by the modality of any of its series."""
    series, instance = aliased(Series), aliased(Instance)
    there = select(series.study_id).join(instance, instance.series_id == series.id)
    return column.in_(there.where(text_match(series.modality, value), ~instance.rejected))  # type: ignore[no-any-return]


def number_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match a number, with or without zeros before it."""
    if not NUMBER.fullmatch(value.strip()):
        abort(400)
    return column == int(value)  # type: ignore[no-any-return]


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


def time_match(column: Any, value: str) -> ColumnElement[bool]:
    """Match a time, or a range that may be open at one end; a less precise one holds all within it."""
    matched = TIME_RANGE.fullmatch(value)
    if matched is None or not (matched[1] or matched[3]):
        abort(400)
    first, dash, last = matched.groups()
    if not dash:
        return column.like(f"{first}%")  # type: ignore[no-any-return]
    latest = (last or "23").ljust(6, "9") + ("" if "." in (last or "") else ".999999")
    return column.between(first or "00", latest)  # type: ignore[no-any-return]
