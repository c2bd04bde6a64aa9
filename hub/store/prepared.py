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
            return [tuple(row) for row in cursor.fetchall()]
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
        cursor = connection.connection.cursor()
        errors = connection.dialect.loaded_dbapi.Error
        try:
            cursor.execute(ready.sql, ready.bound(values))
        except errors as error:
            cursor.close()
            raise DBAPIError.instance(ready.sql, None, error, errors, hide_parameters=True) from error
        return cursor


class _Ready:
    def __init__(self, statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> None:
        self._compiled: Any = statement.compile(dialect=dialect, column_keys=list(names) or None)  # type: ignore[attr-defined]
        self.sql: str = self._compiled.string

    @cached_property
    def _steps(self) -> list[tuple[str, Callable[[Any], Any] | None]]:
        processors = self._compiled._bind_processors
        names = self._compiled.positiontup or list(self._compiled.bind_names.values())
        return [(name, processors.get(name)) for name in names]

    @cached_property
    def _given(self) -> dict[str, Any]:
        """Values that the statement itself holds, such as a state's name."""
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    def bound(self, values: Mapping[str, Any]) -> Any:
        whole = {**self._given, **values}
        if self._compiled.positiontup:
            return tuple(
                process(whole[name]) if process else whole[name] for name, process in self._steps
            )  # fmt: skip
        return {name: process(whole[name]) if process else whole[name] for name, process in self._steps}


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
