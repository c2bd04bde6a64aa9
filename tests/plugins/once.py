"""What every store and every app makes anew though it never differs: in a run of the tests made once.

Half of what a test of a page cost went into compiling the same templates, routes and statements again, and a
sixth into looking for garbage among all that the run has imported.
"""

import gc
from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
from flask import Flask
from jinja2.bccache import Bucket
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from hub.store import engine

#: Statements that are kept compiled, as SQLAlchemy does for one engine with 500.
STATEMENTS = 4000
#: Objects made before a look for garbage, and such looks before a longer one.
GARBAGE = (50_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def once() -> Iterator[None]:
    """Compile templates, routes and statements once, and leave what is imported out of looks for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    with pytest.MonkeyPatch.context() as patch:
        _templates(patch)
        _routes(patch)
        _statements(patch)
        yield


class _Templates(jinja2.BytecodeCache):
    """Compiled templates, in memory."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


def _templates(patch: pytest.MonkeyPatch) -> None:
    make, compiled = Flask.create_jinja_environment, _Templates()

    def create(app: Flask) -> Any:
        environment = make(app)
        environment.bytecode_cache = compiled
        return environment

    patch.setattr(Flask, "create_jinja_environment", create)


def _routes(patch: pytest.MonkeyPatch) -> None:
    """The function that builds a route's address says nothing of the app: it is bound to its rule later."""
    compile_builder, compiled = Rule._compile_builder, {}

    def build(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", build)


def _statements(patch: pytest.MonkeyPatch) -> None:
    """Compiled statements are kept by engine and dialect: let all engines of a kind have the same."""
    make, compiled = engine.create_engine, LRUCache(STATEMENTS)
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))

    def create(*given: Any, **options: Any) -> Any:
        made = make(*given, **options)
        made._compiled_cache = compiled
        return made

    patch.setattr(engine, "create_engine", create)
