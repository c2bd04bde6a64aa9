"""The hub's tests work on a real store."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from hub.store import Store
from hub.store.moves import move_study
from hub.store.tables import Study
from tests.plugins.store import arrive, settings, store

__all__ = ["arrive", "settings", "store"]


@pytest.fixture
def study(store: Store, arrive: Callable[..., str]) -> int:
    """A film that has arrived; its id."""
    arrive()
    with store.writing() as session:
        row = session.scalars(select(Study)).one()
        move_study(session, row, "arrival-settled")
        return row.id
