"""The worklist's and the cases' queries stay within somebody's sites."""

import pytest
from sqlalchemy import update

from hub.domain.finding import Finding, Reading
from hub.domain.matching import sought_name
from hub.domain.scope import HUB, Scope
from hub.errors import NotYours
from hub.store import users
from hub.store.cases import case_for, next_case, studies_with_uid, whole_case
from hub.store.moves import move_study
from hub.store.pre_reads import keep_reading
from hub.store.rejections import mark_rejected
from hub.store.tables import Errand, Instance, Patient, Study, User
from hub.store.worklist import Wanted, hints_of, like_literally, listed, modalities_in, sites_in

EAST, NOWHERE = Scope(frozenset({1})), Scope()


@pytest.fixture
def studies(store, arrive):
    """One ready study of each site."""
    for site, uid in (("east", "1.2.1"), ("west", "1.2.2")):
        arrive(sop=f"{uid}.9", study=uid, site=site, series=f"{uid}.1", patient=f"P{uid}")
    with store.writing() as session:
        found = session.query(Study).order_by(Study.id).all()
        for study in found:
            move_study(session, study, "arrival-settled")
        users.add_user(session, "li", "reader", "a long enough password")
        return [study.id for study in found]


def ids(store, scope, **wanted):
    with store.reading() as session:
        return [row.study.id for row in listed(session, scope, Wanted(**wanted))]


def test_a_scope_shows_its_own_sites_and_an_empty_one_nothing(store, studies):
    assert ids(store, HUB) == studies
    assert ids(store, EAST) == studies[:1]
    assert ids(store, NOWHERE) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("赵敏", 1), ("zhao", 1), ("ZHAO^Min", 1), ("Zhao Min=赵敏", 1), ("赵 敏", 1), ("P1.2.1", 1),
     ("敏赵", 0), ("zhao=李", 0), ("=", 0), ("%", 0), ("_", 0)],
)  # fmt: skip
def test_a_patient_is_found_by_every_way_the_sender_wrote_the_name(store, studies, text, found):
    said = {"name": "赵敏", "name_sought": sought_name("Zhao^Min=赵^敏")}
    with store.writing() as session:
        session.execute(update(Patient).where(Patient.site_id == 1).values(**said))
    assert ids(store, HUB, text=text) == studies[:found]


def test_what_may_be_filtered_by_stays_in_scope_too(store, studies):
    with store.reading() as session:
        assert [site.name for site in sites_in(session, EAST)] == ["east"]
        assert list(modalities_in(session, NOWHERE)) == []


def test_a_case_of_another_site_is_nobodys(store, studies):
    with store.reading() as session:
        assert case_for(session, EAST, studies[0]).id == studies[0]
        for missing in (studies[1], 999):
            with pytest.raises(NotYours):
                case_for(session, EAST, missing)


def test_a_study_uid_finds_only_what_is_in_scope_and_not_set_apart(store, studies):
    with store.writing() as session:
        assert len(studies_with_uid(session, EAST, "1.2.1")) == 1
        assert not studies_with_uid(session, EAST, "1.2.2")
        session.execute(update(Study).values(state="quarantined"))
        assert not studies_with_uid(session, HUB, "1.2.1")


def test_the_next_case_is_in_scope_and_never_the_same(store, studies):
    with store.reading() as session:
        li = session.query(User).one()
        first, second = (session.get_one(Study, study) for study in studies)
        assert next_case(session, HUB, li, first) == second.id
        assert next_case(session, EAST, li, first) is None


def test_done_studies_come_after_the_open_ones(store, studies):
    with store.writing() as session:
        session.execute(update(Study).where(Study.id == studies[0]).values(state="signed"))
    assert ids(store, HUB) == [studies[1], studies[0]]
    assert ids(store, HUB, state="open") == studies[1:] and ids(store, HUB, state="done") == studies[:1]


def test_a_study_being_read_is_pending_until_its_reading_is_in(store, studies):
    with store.reading() as session:
        assert {hint.kind for hint in hints_of(session, studies).values()} == {"pending"}


def test_what_the_models_said_of_a_rejected_image_is_not_in_the_list(store, studies):
    found = Finding("pneumonia", "肺炎征象", "Pneumonia", 0.9, 0.5, True)
    reading = Reading("chest", "1", "0" * 64, True, findings=(found,))
    with store.writing() as session:
        for row in session.query(Instance).order_by(Instance.id):
            keep_reading(session, row, reading, f"2.25.{row.id}")
        session.execute(update(Errand).values(state="done"))
    with store.reading() as session:
        assert {hint.kind for hint in hints_of(session, studies).values()} == {"positive"}
    with store.writing() as session:
        mark_rejected(session, studies[0], ["1.2.1.9"])
    with store.reading() as session:
        assert {study: hint.kind for study, hint in hints_of(session, studies).items()} == {
            studies[1]: "positive"
        }


def test_a_case_holds_its_series_and_instances(store, studies):
    with store.reading() as session:
        case = whole_case(session, HUB, case_for(session, HUB, studies[0]))
    assert [len(part.instances) for part in case.series] == [1]
    assert (case.draft, case.claim, case.reports, case.priors) == (None, None, (), ())


@pytest.mark.parametrize(("text", "pattern"), [("a%b", "%a\\%b%"), ("a_b", "%a\\_b%"), ("a\\b", "%a\\\\b%")])
def test_wildcards_in_a_search_stand_for_themselves(text, pattern):
    assert like_literally(text) == pattern
