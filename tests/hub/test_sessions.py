"""Log-ins end when they should, and the window for signing is as long as the strictest site allows."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.store import now, sessions, users
from hub.store.tables import LoginSession

LIMITS = sessions.Limits(timedelta(minutes=30), timedelta(hours=12))


@pytest.fixture
def token(store):
    with store.writing() as session:
        user = users.add_user(session, "li", "reader", "a long enough password")
        return sessions.open_login(session, user, "10.0.0.7")


def login(store, token, limits=LIMITS):
    with store.reading() as session:
        return sessions.login_of(session, token, limits)


def age(store, minutes, **also):
    values = {"seen_at": now() - timedelta(minutes=minutes)} | also
    with store.writing() as session:
        session.execute(update(LoginSession).values(**values))


def test_a_token_names_its_login_and_another_names_none(store, token):
    assert login(store, token).user.username == "li"
    assert login(store, token + "x") is None and login(store, "") is None


def test_a_login_knows_whose_data_it_may_see(store):
    with store.writing() as session:
        clinic = users.add_user(session, "clinic", "township", "a long enough password", ["east"])
        token = sessions.open_login(session, clinic, "")
    scope = login(store, token).scope
    assert not scope.everywhere and len(scope.sites) == 1


def test_the_window_for_signing_is_closed_at_first(store, token):
    assert sessions.signing_until(login(store, token), 15) is None


def test_the_password_opens_it_for_the_sites_minutes(store, token):
    with store.writing() as session:
        sessions.open_signing(session, login(store, token).id, 15)
    assert sessions.signing_until(login(store, token), 15) > now() + timedelta(minutes=14)


def test_a_site_that_asks_every_time_never_finds_it_open(store, token):
    with store.writing() as session:
        sessions.open_signing(session, login(store, token).id, 15)
        assert sessions.open_signing(session, login(store, token).id, 0) is None
    assert sessions.signing_until(login(store, token), 0) is None


def test_a_stricter_site_finds_it_closed_after_its_own_minutes_of_quiet(store, token):
    with store.writing() as session:
        sessions.open_signing(session, login(store, token).id, 60)
    age(store, 10)
    found = login(store, token)
    assert sessions.signing_until(found, 5) is None and sessions.signing_until(found, 60) is not None


def test_a_long_quiet_is_not_forgotten_by_one_click(store, token):
    with store.writing() as session:
        sessions.open_signing(session, login(store, token).id, 60)
    age(store, 10)
    with store.writing() as session:
        sessions.touch(session, login(store, token).id)
    found = login(store, token)
    assert sessions.signing_until(found, 5) is None and sessions.signing_until(found, 60) is not None


def test_activity_prolongs_an_open_window_and_opens_no_closed_one(store, token):
    with store.writing() as session:
        assert sessions.prolong_signing(session, login(store, token), 15) is None
        sessions.open_signing(session, login(store, token).id, 15)
    age(store, 10, signing_until=now() + timedelta(minutes=5))
    with store.writing() as session:
        until = sessions.prolong_signing(session, login(store, token), 15)
    assert until > now() + timedelta(minutes=14)


def test_locking_and_ending_close_it(store, token):
    with store.writing() as session:
        sessions.open_signing(session, login(store, token).id, 15)
        sessions.close_signing(session, login(store, token).id)
    assert sessions.signing_until(login(store, token), 15) is None
    with store.writing() as session:
        sessions.end_login(session, login(store, token).id)
    assert login(store, token) is None


def test_an_ended_login_cannot_be_opened_for_signing(store, token):
    found = login(store, token)
    with store.writing() as session:
        sessions.end_logins_of(session, found.user.id)
        assert sessions.open_signing(session, found.id, 15) is None
        assert sessions.prolong_signing(session, found, 15) is None


def test_what_two_requests_keep_at_once_is_both_kept(store, token):
    found = login(store, token)
    with store.writing() as session:
        sessions.keep_data(session, found.id, {"a": 1})
    with store.writing() as session:
        sessions.keep_data(session, found.id, {"b": 2})
    with store.writing() as session:
        sessions.keep_data(session, found.id, {"a": None})
    assert login(store, token).data == {"b": 2}


def test_a_study_is_viewed_for_the_first_time_once(store, token):
    found = login(store, token)
    with store.writing() as session:
        assert sessions.first_view(session, found.id, 7, 30) is True
        assert sessions.first_view(session, found.id, 7, 30) is False
        assert sessions.first_view(session, found.id, 8, 30) is True
        assert sessions.first_view(session, found.id, 7, 0) is True


def test_the_users_open_logins_are_listed_without_those_that_ended(store, token):
    user_id = login(store, token).user.id
    with store.writing() as session:
        other = sessions.open_login(session, session.get_one(users.User, user_id), "10.0.0.8")
    with store.reading() as session:
        assert len(sessions.logins_of(session, user_id, LIMITS)) == 2
    with store.writing() as session:
        sessions.end_login(session, login(store, other).id)
        (left,) = sessions.logins_of(session, user_id, LIMITS)
        assert left.address == "10.0.0.7"
        assert session.scalars(select(LoginSession).where(LoginSession.ended_at.is_not(None))).one()
