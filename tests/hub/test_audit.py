"""Nobody edits the audit trail, and whoever gets around the guard is found (promise 12)."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from hub.store import audit, audit_anchor
from hub.store.tables import AuditHead, AuditRow


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


def cut(trail, number):
    """Remove every row after `number`, and let the head say so: the chain itself fits."""
    tamper(trail, f"DELETE FROM audit WHERE number > {number}")
    with trail.writing() as session:
        link = session.scalar(select(AuditRow.link).where(AuditRow.number == number))
        session.execute(update(AuditHead).values(number=number, link=link))


def test_a_trail_that_grew_goes_on_from_its_anchor(trail, settings):
    assert audit_anchor.drop_anchor(trail) and audit_anchor.fault(trail) == ""
    audit.note(trail, audit.entry("view", "study:9"))
    assert audit_anchor.fault(trail) == "" and audit_anchor.drop_anchor(trail)
    assert (settings.data_dir / audit_anchor.FILE).stat().st_mode & 0o777 == 0o600


def test_a_trail_whose_end_was_cut_off_with_its_head_is_found(trail):
    audit_anchor.drop_anchor(trail)
    cut(trail, 3)
    assert audit.verify(trail) == (3, None), "nothing in the chain shows it"
    assert "an older trail of 5 rows" in audit_anchor.fault(trail)
    assert not audit_anchor.drop_anchor(trail), "what shows the loss is not written over"
    audit.note(trail, audit.entry("view", "study:9"))
    assert "an older trail of 5 rows" in audit_anchor.fault(trail)


def test_a_trail_begun_anew_names_the_one_before_and_is_anchored_in_its_turn(trail):
    audit_anchor.drop_anchor(trail)
    cut(trail, 1)
    audit_anchor.begin_anew(trail)
    assert audit_anchor.fault(trail) == "" and audit_anchor.drop_anchor(trail)
    (named,) = audit_anchor.earlier_trails(trail)
    assert named.startswith("after a trail of 5 rows that ended with ")
    audit_anchor.begin_anew(trail)
    assert len(audit_anchor.earlier_trails(trail)) == 1, "nothing was lost since"


def test_an_anchor_that_cannot_be_read_is_said_and_kept(trail, settings):
    (settings.data_dir / audit_anchor.FILE).write_text("{")
    assert "not readable" in audit_anchor.fault(trail)
    assert not audit_anchor.drop_anchor(trail)
    assert (settings.data_dir / audit_anchor.FILE).read_text() == "{"
