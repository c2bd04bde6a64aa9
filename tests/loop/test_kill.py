"""kill -9 of every process while studies arrive and are pre-read loses nothing and doubles nothing."""

import os
from collections import Counter

import pytest
import redis
from sqlalchemy import select

from dicom.part10 import content_digest
from hub.store.tables import Delivery, Errand, Instance, MadeObject, PreRead, Study
from tests.loop.sender import Sender
from tests.plugins.running_hub import until
from workers.broker import socket_path

#: 200 in the soak.
INSTANCES = int(os.environ.get("READHUB_TEST_KILL_INSTANCES", "60"))
PARTS = ("scp", "worker-read", "worker-post", "relay", "web", "broker", "supervisor")


@pytest.fixture
def busy(make_hub):
    hub = make_hub()
    hub.start()
    hub.command("site", "add", "east", "--ae", "EAST1")
    sender = Sender(hub.dicom_port, INSTANCES, pace=0.05)
    sender.start()
    yield hub, sender


def test_kill_9_of_each_process_loses_and_doubles_nothing(busy):
    hub, sender = busy
    for number, part in enumerate(PARTS, start=1):
        until(
            lambda n=number: len(sender.acknowledged) >= n * INSTANCES // (len(PARTS) + 1), 120, "no progress"
        )
        hub.kill(part)
        if part == "supervisor":
            assert hub.start() < 60, "a second `up` after kill -9 of the supervisor starts at once"
        until(hub.is_ready, 15, f"not ready within 15 s of kill -9 {part}")
    sender.join(240)
    assert len(sender.acknowledged) == INSTANCES
    store = hub.store()
    until(lambda: everything_done(store), 180, "pre-reads still to come")
    assert_nothing_lost(store, sender)
    assert_nothing_doubled(store)


def everything_done(store):
    with store.reading() as session:
        open_ones = session.scalar(
            select(Errand.id).where(Errand.state.in_(("waiting", "sent", "running"))).limit(1)
        )
        return open_ones is None


def assert_nothing_lost(store, sender):
    with store.reading() as session:
        held = {i.sop_instance_uid: i for i in session.scalars(select(Instance))}
    for uid, digest in sender.acknowledged.items():
        assert held[uid].digest == digest
        assert content_digest(store.vault.path(held[uid].file_key)) == digest


def assert_nothing_doubled(store):
    with store.reading() as session:
        studies = session.scalars(select(Study)).all()
        in_effect = Counter(session.scalars(select(PreRead.study_id).where(PreRead.in_effect)))
        made = Counter(session.scalars(select(MadeObject.pre_read_id)))
        deliveries = session.scalars(select(Delivery)).all()
    assert len(studies) == INSTANCES
    assert {study.state for study in studies} == {"ready"}
    assert set(in_effect.values()) == {1} and len(in_effect) == INSTANCES
    assert set(made.values()) == {1} and len(made) == INSTANCES, "one SR for each reading"
    assert deliveries == []


def test_kill_9_of_all_children_together_is_ready_again_within_15_seconds(make_hub):
    hub = make_hub()
    hub.start()
    for part in hub.parts():
        hub.kill(part)
    until(hub.is_ready, 15, "not ready within 15 s of kill -9 of all children")


def test_a_broker_emptied_while_it_works_loses_nothing(make_hub):
    hub = make_hub()
    hub.start()
    hub.command("site", "add", "east", "--ae", "EAST1")
    sender = Sender(hub.dicom_port, 20)
    sender.start()
    with redis.Redis(unix_socket_path=str(socket_path(hub.settings))) as broker:
        until(lambda: len(sender.acknowledged) >= 5, 60, "no progress")
        while sender.is_alive():
            broker.flushall()
            sender.join(0.2)
        broker.flushall()
    store = hub.store()
    until(lambda: everything_done(store), 120, "errands lost with the broker's queue")
    with store.reading() as session:
        assert len(session.scalars(select(PreRead.id).where(PreRead.in_effect)).all()) == 20
