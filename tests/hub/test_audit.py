"""Nobody edits the audit trail, and whoever gets around the guard is found (promise 12)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from hub.store import audit


@pytest.fixture
def trail(store):
    for number in range(5):
        audit.note(store, audit.entry("view", f"study:{number}", actor="li", site="east"))
    return store


def tamper(store, statement):
    """Change the trail as somebody with the database file in hand would: without its triggers."""
    unguard = {
        "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
        "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
    }
    with store.writing() as session:
        for words in unguard[store.engine.dialect.name]:
            session.execute(text(words))
        session.execute(text(statement))


def test_an_untouched_trail_verifies(trail):
    assert audit.verify(trail) == (5, None)


def test_no_row_can_take_the_place_of_another(trail):
    replace = "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 2"
    if trail.engine.dialect.name == "postgresql":
        replace = (
            "INSERT INTO audit SELECT * FROM audit WHERE number = 2 "
            "ON CONFLICT (number) DO UPDATE SET actor = 'x'"
        )
    with pytest.raises(DatabaseError, match="never changed"), trail.writing() as session:
        session.execute(text(replace))


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_it(trail, statement):
    with pytest.raises(DatabaseError, match="never changed"), trail.writing() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "first_broken"),
    [
        ("UPDATE audit SET outcome = 'denied' WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 5", 5),
        ("UPDATE audit SET number = CASE number WHEN 2 THEN 30 ELSE number END", 2),
        ("UPDATE audit SET thing = 'study:9' WHERE number = 1", 1),
    ],
)
def test_an_altered_deleted_or_reordered_row_is_found(trail, statement, first_broken):
    tamper(trail, statement)
    assert audit.verify(trail)[1] == first_broken
