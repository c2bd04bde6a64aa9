"""Who may see a study: its own site, and one with which a person has shared its patient, while that lasts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.domain.scope import Scope
from hub.errors import NotYours
from hub.store import Store, now, users
from hub.store.cases import case_for, locked_case, studies_with_uid, whole_case
from hub.store.moves import move_study
from hub.store.tables import Patient, Sharing, Site, Study

Arrive = Callable[..., str]


@pytest.fixture
def studies(store: Store, arrive: Arrive) -> dict[str, int]:
    """A study of east's E1 and one of west's W1, and the rows of both, ready."""
    arrive(sop="1.1", study="1.10", site="east", patient="E1")
    arrive(sop="1.2", study="1.20", site="west", patient="W1")
    with store.writing() as session:
        users.add_user(session, "boss", "admin", "a long enough password")
        for study in session.scalars(select(Study)):
            move_study(session, study, "arrival-settled")
        return {row.patient.patient_id: row.id for row in session.scalars(select(Study))}


def scope_of(store: Store, name: str) -> Scope:
    with store.reading() as session:
        return Scope(frozenset({session.scalars(select(Site.id).where(Site.name == name)).one()}))


def share(store: Store, **more: object) -> None:
    with store.writing() as session:
        rows = {p.patient_id: p.id for p in session.scalars(select(Patient))}
        lasting = {"since": now() - timedelta(hours=1), "until": now() + timedelta(hours=1)} | more
        session.add(
            Sharing(
                patient_one=rows["W1"], patient_other=rows["E1"], decided_by=1, consent="a form", **lasting
            )
        )  # fmt: skip


def seen(store: Store, site: str, study: int) -> bool:
    scope = scope_of(store, site)
    with store.reading() as session:
        uid = session.get_one(Study, study).study_instance_uid
        found = {one.id for one in studies_with_uid(session, scope, uid)}
        try:
            assert case_for(session, scope, study).id == study
        except NotYours:
            assert found == set()
            return False
        assert found == {study}
        return True


def test_without_a_sharing_each_site_sees_its_own(store: Store, studies: dict[str, int]) -> None:
    assert seen(store, "east", studies["E1"]) and seen(store, "west", studies["W1"])
    assert not seen(store, "east", studies["W1"]) and not seen(store, "west", studies["E1"])


def test_a_sharing_lets_both_see_and_neither_change(store: Store, studies: dict[str, int]) -> None:
    share(store)
    assert seen(store, "east", studies["W1"]) and seen(store, "west", studies["E1"])
    with store.writing() as session, pytest.raises(NotYours):
        locked_case(session, scope_of(store, "east"), studies["W1"])


@pytest.mark.parametrize(
    "over",
    [
        {"until": now() - timedelta(seconds=1)},
        {"since": now() + timedelta(hours=1)},
        {"ended_at": now() - timedelta(seconds=1)},
    ],
)
def test_a_sharing_that_is_not_in_force_shows_nothing(
    store: Store, studies: dict[str, int], over: dict[str, object]
) -> None:
    share(store, **over)
    assert not seen(store, "east", studies["W1"])


def test_priors_beside_a_case_are_the_patients_at_both_sites(
    store: Store, arrive: Arrive, studies: dict[str, int]
) -> None:
    arrive(sop="1.3", study="1.30", site="west", patient="W9")
    share(store)
    with store.reading() as session:
        for everybody in (scope_of(store, "east"), Scope(everywhere=True)):
            case = whole_case(session, everybody, session.get_one(Study, studies["E1"]))
            assert [prior.study.id for prior in case.priors] == [studies["W1"]]
        case = whole_case(session, scope_of(store, "east"), session.get_one(Study, studies["W1"]))
        assert case.draft is None and [prior.study.id for prior in case.priors] == [studies["E1"]]
