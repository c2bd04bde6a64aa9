"""Bringing the schema of a hub that holds studies up to date."""

from alembic import command
from sqlalchemy import select

from hub.store import schema
from hub.store.tables import Instance, Study

#: What the version before these migrations had.
BEFORE = "0017"


def back_to(store, revision):
    config = schema._config()
    with store.engine.execution_options(immediate=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    store.engine.dispose()


def test_a_hub_that_holds_studies_is_brought_up_to_date_with_all_of_them(store, arrive):
    arrive(sop="1.2.3")
    arrive(sop="1.2.4")
    arrive(sop="1.3.3", study="1.3", patient="P2")
    back_to(store, BEFORE)
    assert schema.current(store.settings) == BEFORE
    schema.upgrade(store.settings)
    assert schema.current(store.settings) == schema.newest()
    with store.reading() as session:
        assert list(session.scalars(select(Study.instances).order_by(Study.id))) == [2, 1]
        assert len(session.scalars(select(Instance)).all()) == 3
    with store.writing() as session:
        session.scalars(select(Study)).first().note = "x" * 255
