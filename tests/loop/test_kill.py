"""kill -9 of every process while studies arrive and are pre-read loses nothing and doubles nothing."""

import os
from collections import Counter

import pytest
import redis
from sqlalchemy import select

from dicom.part10 import content_digest
from dicom.township import serving
from hub.store.tables import Delivery, Errand, Instance, KeptAside, MadeObject, PreRead, Report, Study
from tests.loop.doctor import Doctor
from tests.loop.sender import Sender
from tests.plugins.running_hub import free_port, until
from workers.broker import socket_path

#: 200 in the soak.
INSTANCES = int(os.environ.get("READHUB_TEST_KILL_INSTANCES", "60"))
#: Beside other tests on few cores; how long it takes is `benchmarks/restart.py`'s to say.
PATIENCE_SECONDS = 120
PARTS = ("scp", "worker-read", "worker-post", "relay", "web", "broker", "supervisor")


@pytest.fixture
def busy(make_hub, tmp_path):
    """A hub to which real films are sent and on which reports are signed, and a township that takes them."""
    hub, port = make_hub(), free_port()
    hub.start()
    hub.command("site", "add", "east", "--ae", "EAST1", "--return", f"TOWN1@127.0.0.1:{port}")
    hub.command("user", "add", "li", "--role", "reader", stdin="a long password\n")
    sender, doctor = Sender(hub.dicom_port, INSTANCES, pace=0.05), Doctor(hub.store(), "li")
    with serving(tmp_path / "township", "TOWN1", "127.0.0.1", port):
        sender.start()
        doctor.start()
        yield hub, sender, doctor, tmp_path / "township"


@pytest.fixture(scope="module")
def idle(make_module_hub):
    """A hub to which nobody sends yet."""
    hub = make_module_hub()
    hub.start()
    return hub


def test_kill_9_of_each_process_loses_and_doubles_nothing(busy, capsys):
    hub, sender, doctor, township = busy
    for number, part in enumerate(PARTS, start=1):
        until(
            lambda n=number: len(sender.acknowledged) >= n * INSTANCES // (len(PARTS) + 1), 120, "no progress"
        )
        hub.kill(part)
        if part == "supervisor":
            hub.start()
        until(hub.is_ready, PATIENCE_SECONDS, f"not ready after kill -9 of {part}")
    sender.join(240)
    assert len(sender.acknowledged) == INSTANCES
    store = hub.store()
    until(lambda: everything_done(store), 300, "pre-reads still to come")
    doctor.stop()
    until(lambda: everything_done(store), 120, "reports still to go")
    assert_nothing_lost(store, sender)
    assert_nothing_doubled(store)
    assert_every_report_went_home_once(store, doctor, township)
    with capsys.disabled():
        print(f"\n{figures(store, sender, township)}")


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
        readings = session.scalars(select(PreRead)).all()
        made = Counter(session.scalars(select(MadeObject.pre_read_id).where(MadeObject.kind == "reading-sr")))
        aside = session.scalars(select(KeptAside)).all()
    in_effect = Counter(reading.study_id for reading in readings if reading.in_effect)
    assert len(studies) == INSTANCES
    assert {study.state for study in studies} <= {"ready", "delivered"}
    assert set(in_effect.values()) == {1} and len(in_effect) == INSTANCES
    assert all(reading.assessed for reading in readings), "every film is one that the model reads"
    assert set(made.values()) == {1} and len(made) == INSTANCES, "one SR for each reading"
    assert aside == []


def assert_every_report_went_home_once(store, doctor, township):
    """One version for each study that was signed, one row for each of its ways, one SR and one PDF there."""
    with store.reading() as session:
        reports = session.scalars(select(Report)).all()
        deliveries = session.scalars(select(Delivery)).all()
    assert len(reports) == len({report.study_id for report in reports}) == len(doctor.signed) > 0
    ways = Counter((row.report_id, row.channel) for row in deliveries)
    assert set(ways.values()) == {1} and len(ways) == 2 * len(reports)
    assert {row.state for row in deliveries if row.channel == "dicom"} == {"confirmed"}
    assert len(list(township.glob("*.dcm"))) == 2 * len(reports)


def figures(store, sender, township):
    """Say what there is, for whoever runs it at full length."""
    counted = {
        "acknowledged": len(sender.acknowledged),
        "objects at the township": len(list(township.glob("*.dcm"))),
    }
    with store.reading() as session:
        for name, table in (
            ("studies", Study),
            ("readings", PreRead),
            ("reports", Report),
            ("ledger rows", Delivery),
        ):
            counted[name] = len(session.scalars(select(table.id)).all())
        counted["in effect"] = len(session.scalars(select(PreRead.id).where(PreRead.in_effect)).all())
        kinds = Counter(session.scalars(select(MadeObject.kind)))
        attempts = Counter(session.scalars(select(Errand.attempts)))
    again = sum(count for times, count in attempts.items() if times > 1)
    return ", ".join(
        f"{name} {number}"
        for name, number in (counted | dict(kinds) | {"errands tried again": again}).items()
    )


def test_a_broker_emptied_while_it_works_loses_nothing(idle):
    hub = idle
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


def test_kill_9_of_all_children_together_is_ready_again(idle):
    for part in idle.parts():
        idle.kill(part)
    until(idle.is_ready, PATIENCE_SECONDS, "not ready after kill -9 of all children")
