"""Statements that are compiled once per database and then run with little ado, for what runs very often."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Executable

from hub.store.dialects import insert_of


class Prepared:
    """A statement with named parameters; values are bound by their types, rows come as they are."""

    def __init__(self, make: Callable[[Dialect], Executable], names: tuple[str, ...] = ()) -> None:
        """Prepare what `make` gives for a dialect; `names` are the columns that an INSERT fills."""
        self._make, self._names = make, names
        self._ready: dict[str, _Ready] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute it with `values` and return its rows."""
        cursor = self._executed(connection, values)
        try:
            rows: list[tuple[Any, ...]] = cursor.fetchall()  # both drivers give tuples
            return rows
        finally:
            cursor.close()

    def first(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Execute it with `values` and return its first row, or None."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def count(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute it with `values` and return how many rows it changed."""
        cursor = self._executed(connection, values)
        try:
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def prepare(self, dialect: Dialect) -> "_Ready":
        """Compile it for a dialect, once."""
        ready = self._ready.get(dialect.name)
        if ready is None:
            ready = self._ready[dialect.name] = _Ready(self._make(dialect), dialect, self._names)
        return ready

    def _executed(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Go past SQLAlchemy's execution, which costs more than the statement; its errors are as ever."""
        ready = self.prepare(connection.dialect)
        return on_driver(connection, ready.sql, ready.bound(values))


def on_driver(connection: Connection, sql: str, values: Any = ()) -> Any:
    """Execute `sql` by the driver itself and return its cursor. Raises SQLAlchemy's errors."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        cursor.close()
        raise raised(connection, sql, error) from error
    return cursor


def raised(connection: Connection, sql: str, error: Exception) -> BaseException:
    """Return what SQLAlchemy raises for an error of the driver."""
    kind = connection.dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, kind, hide_parameters=True)


class _Ready:
    def __init__(self, statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> None:
        self._compiled: Any = statement.compile(dialect=dialect, column_keys=list(names) or None)  # type: ignore[attr-defined]
        self.sql: str = self._compiled.string

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self._compiled.positiontup or self._compiled.bind_names.values())

    @cached_property
    def _processed(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """Places among the names whose values a type turns into what the driver takes."""
        processors = self._compiled._bind_processors
        return [(at, processors[name]) for at, name in enumerate(self._names) if name in processors]

    @cached_property
    def _given(self) -> dict[str, Any]:
        """Values that the statement itself holds, such as a state's name."""
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    def bound(self, values: Mapping[str, Any]) -> Any:
        whole = {**self._given, **values} if self._given else values
        bound = [whole[name] for name in self._names]
        for at, process in self._processed:
            bound[at] = process(bound[at])
        return bound if self._compiled.positiontup else dict(zip(self._names, bound, strict=True))


def adding(table: type, *names: str, unless: str = "") -> Prepared:
    """Return an INSERT of `names` that gives the new row's id; none where `unless` has its value already."""
    columns: Table = table.__table__  # type: ignore[attr-defined]

    def make(dialect: Dialect) -> Executable:
        statement = insert_of(dialect.name)(columns)
        if unless:
            statement = statement.on_conflict_do_nothing(index_elements=[unless])
        made: Executable = statement.returning(columns.c.id)
        return made

    return Prepared(make, names)
