"""A hub that has rows already is brought to the newest schema and keeps every one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, func, insert, inspect, select, text

from hub.settings import Settings, read_settings
from hub.store import schema
from hub.store.engine import make_engine, now
from hub.store.tables import Base
from tests.plugins.store import DATABASES

#: A case as the first schema knew it; the columns that are not named are empty.
CASE = (
    ("site", {"name": "east", "ae_title": "EAST1", "active": True, "quiet_factor": 1.0}),
    ("patient", {
        "site_id": 1, "patient_id": "P1", "name": "张三", "name_raw": "Zhang^San=张^三".encode("gb18030"),
    }),
    ("study", {
        "site_id": 1, "patient_row": 1, "study_instance_uid": "1.2", "state": "ready", "priority": "routine",
        "note": "late-instances", "instances": 1,
    }),
    ("series", {"study_id": 1, "series_instance_uid": "1.2.1", "modality": "CT"}),
    ("instance", {
        "site_id": 1, "study_id": 1, "series_id": 1, "sop_instance_uid": "1.2.3", "sop_class_uid": "1.2.840",
        "size": 5, "digest": "0" * 64, "file_key": "a" * 32, "frames": 1,
    }),
    ("errand", {"kind": "settle", "key": "settle:1", "subject_id": 1, "state": "done"}),
)  # fmt: skip


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A database of that kind without a schema."""
    if request.param != "postgresql":
        yield read_settings(data_dir=tmp_path / "hub")
        return
    databases = request.getfixturevalue("postgresql")
    url = databases.bare()
    yield read_settings(data_dir=tmp_path / "hub", database_url=url)
    databases.give_back(url)


def filled(table: Table, said: dict[str, object]) -> dict[str, object]:
    """Return a row with a value for every column that must have one."""
    needed = {column.name: column for column in table.columns if not column.nullable and column.name != "id"}
    empty = {str: "", int: 0, bool: False, float: 0.0, bytes: b""}
    row = {name: empty.get(column.type.python_type, now()) for name, column in needed.items()}
    return row | said


def test_a_hub_with_a_case_is_brought_to_the_newest_schema(settings: Settings) -> None:
    schema.upgrade(settings, "0001")
    assert schema.current(settings) == "0001"
    engine = make_engine(settings)
    with engine.begin() as connection:
        known = MetaData()
        known.reflect(connection)
        for name, said in CASE:
            connection.execute(insert(known.tables[name]), filled(known.tables[name], said))
    schema.upgrade(settings)
    with engine.begin() as connection:
        for name, _said in CASE:
            table = Base.metadata.tables[name]
            assert connection.scalar(select(func.count()).select_from(table)) == 1, name
        assert connection.scalar(text("SELECT note FROM study")) == "late-instances"
        assert connection.scalar(text("SELECT name_sought FROM patient")) == "=zhang san=张三="
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


def test_the_newest_schema_has_every_table_and_column_of_the_code(settings: Settings) -> None:
    schema.upgrade(settings)
    engine = make_engine(settings)
    laid = inspect(engine)
    for table in Base.metadata.tables.values():
        found = {column["name"]: column["type"] for column in laid.get_columns(table.name)}
        assert found.keys() == {column.name for column in table.columns}, table.name
        assert {
            index["name"]
            for index in laid.get_indexes(table.name)
            if index.get("duplicates_constraint") is None
        } == {index.name for index in table.indexes}, table.name
    engine.dispose()
