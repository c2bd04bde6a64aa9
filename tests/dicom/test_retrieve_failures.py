"""What a retrieval says of sub-operations that failed or were not begun (PS3.4 C.4.2.1.4.2, C.4.3.1.4.2)."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, build_role, evt
from sqlalchemy import select

from hub.store import Store, sites
from hub.store.devices import add_device
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Instance
from tests.plugins.databases import settings
from tests.plugins.peers import CT, ROOT_UID, Run, wait_for
from tests.plugins.studies import Keep, ready

__all__ = ["settings"]

MOVE, GET = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"
STUDY = f"{ROOT_UID}.1.9"
FIRST, SECOND, THIRD = (f"{ROOT_UID}.3.10{number}" for number in (1, 2, 3))
OUT_OF_RESOURCES, COERCED = 0xA700, 0xB000
COUNTS = ("Remaining", "Completed", "Failed", "Warning")

Judge = Callable[[evt.Event], int]


@pytest.fixture
def three(keep: Keep) -> None:
    """A study of three instances."""
    for _ in range(3):
        keep(StudyInstanceUID=STUDY)


@pytest.fixture
def twenty(hub: Store, slices: Callable[..., list[Path]], dcmtk: Run) -> None:
    """A study of twenty instances."""
    dcmtk("storescu", hub.settings, *slices(20, StudyInstanceUID=STUDY))
    ready(hub, STUDY)


@pytest.fixture
def station(hub: Store, free_port: Callable[[], int]) -> Iterator[Callable[[Judge], None]]:
    """Give `station(judge)`: a node of the site east that answers each C-STORE as `judge` says."""
    node = ReturnNode("STATION", "127.0.0.1", free_port())
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "STATION", node=node)
    servers: list[Any] = []

    def listen(judge: Judge) -> None:
        entity = AE("STATION")
        entity.add_supported_context(CT, ExplicitVRLittleEndian)
        server = entity.start_server(
            (node.host, node.port), block=False, evt_handlers=[(evt.EVT_C_STORE, judge)]
        )
        servers.append(server)

    yield listen
    for server in servers:
        server.shutdown()


def answers(**statuses: int) -> Judge:
    """Answer each instance, by the last number of its UID, with a status; the others with success."""
    return lambda event: statuses.get("n" + event.request.AffectedSOPInstanceUID[-3:], 0x0000)


class Reply:
    """The last answer of a retrieval: its status, its four counts, and the UIDs that it lists."""

    def __init__(self, status: Dataset, listed: Dataset | None) -> None:
        self.status = int(status.Status)
        self.counts = tuple(status.get(f"NumberOf{kind}Suboperations") for kind in COUNTS)
        self.failed: list[str] | None = None
        if listed is not None and "FailedSOPInstanceUIDList" in listed:
            uids = listed.FailedSOPInstanceUIDList
            self.failed = [uids] if isinstance(uids, str) else list(uids)


def moved(store: Store, *, cancelling: bool = False) -> Reply:
    association = _associated(store, MOVE)
    replies = association.send_c_move(_whole_study(), "STATION", MOVE, msg_id=7)
    first = next(replies)
    if cancelling:
        association.send_c_cancel(7, query_model=MOVE)
    *_, last = (first, *replies)
    association.release()
    return Reply(*last)


def got(store: Store, judge: Judge, *, cancelling: bool = False) -> Reply:
    association = _associated(store, GET, judge)
    replies = association.send_c_get(_whole_study(), GET, msg_id=7)
    first = next(replies)
    if cancelling:
        association.send_c_cancel(7, query_model=GET)
    *_, last = (first, *replies)
    association.release()
    return Reply(*last)


def _associated(store: Store, model: str, judge: Judge | None = None) -> Any:
    entity = AE("CLINIC1")
    entity.add_requested_context(model)
    entity.add_requested_context(CT, ExplicitVRLittleEndian)
    return entity.associate(
        *store.settings.dicom_address, ae_title="READHUB", ext_neg=[build_role(CT, scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, judge)] if judge else [],
    )  # fmt: skip


def _whole_study() -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", STUDY
    return query


def path_of(store: Store, uid: str) -> Path:
    with store.reading() as session:
        row = session.scalars(select(Instance).where(Instance.sop_instance_uid == uid)).one()
    return store.vault.path(row.file_key)


def damage(store: Store, uid: str) -> None:
    path = path_of(store, uid)
    path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize("damaged", [FIRST, SECOND, THIRD])
def test_where_the_node_is_away_every_instance_is_named_once(
    hub: Store, three: None, station: object, damaged: str
) -> None:
    damage(hub, damaged)
    said = moved(hub)
    assert said.status == 0xA702 and said.counts == (None, 0, 3, 0)
    assert sorted(said.failed or ()) == [FIRST, SECOND, THIRD]


def test_a_move_names_the_instance_that_was_refused(
    hub: Store, three: None, station: Callable[[Judge], None]
) -> None:
    station(answers(n102=OUT_OF_RESOURCES))
    said = moved(hub)
    assert (said.status, said.counts, said.failed) == (0xB000, (None, 2, 1, 0), [SECOND])


def test_a_move_names_what_is_damaged_and_what_was_refused(
    hub: Store, three: None, station: Callable[[Judge], None]
) -> None:
    station(answers(n101=OUT_OF_RESOURCES))
    damage(hub, THIRD)
    said = moved(hub)
    assert (said.status, said.counts) == (0xB000, (None, 1, 2, 0))
    assert sorted(said.failed or ()) == [FIRST, THIRD]


def test_a_move_names_what_was_not_begun_when_the_node_broke_off(
    hub: Store, three: None, station: Callable[[Judge], None]
) -> None:
    def judge(event: evt.Event) -> int:
        if event.request.AffectedSOPInstanceUID == SECOND:
            event.assoc.abort()
        return 0x0000

    station(judge)
    said = moved(hub)
    assert (said.status, said.counts, said.failed) == (0xB000, (None, 1, 2, 0), [SECOND, THIRD])


def test_warnings_alone_list_nothing(hub: Store, three: None, station: Callable[[Judge], None]) -> None:
    station(answers(n102=COERCED))
    said = moved(hub)
    assert (said.status, said.counts, said.failed) == (0xB000, (None, 2, 0, 1), None)


@pytest.mark.parametrize("refused", [False, True])
def test_a_cancelled_move_counts_what_was_not_begun_and_names_what_failed(
    hub: Store, three: None, station: Callable[[Judge], None], refused: bool
) -> None:
    station(_slow_after_the_first(answers(n101=OUT_OF_RESOURCES if refused else 0)))
    said = moved(hub, cancelling=True)
    _was_cancelled(said, refused)


@pytest.mark.parametrize("refused", [False, True])
def test_a_cancelled_get_counts_what_was_not_begun_and_names_what_failed(
    hub: Store, three: None, refused: bool
) -> None:
    judge = _slow_after_the_first(answers(n101=OUT_OF_RESOURCES if refused else 0))
    _was_cancelled(got(hub, judge, cancelling=True), refused)


def _slow_after_the_first(judge: Judge) -> Judge:
    def slow(event: evt.Event) -> int:
        if event.request.AffectedSOPInstanceUID != FIRST:
            time.sleep(1)
        return judge(event)

    return slow


def _was_cancelled(said: Reply, refused: bool) -> None:
    assert said.status == 0xFE00
    assert said.failed == ([FIRST] if refused else None)
    assert said.counts == (1, 1 if refused else 2, int(refused), 0)


def test_a_get_names_the_instance_that_was_refused(hub: Store, three: None) -> None:
    said = got(hub, answers(n103=OUT_OF_RESOURCES))
    assert (said.status, said.counts, said.failed) == (0xB000, (None, 2, 1, 0), [THIRD])


def test_a_get_goes_on_after_a_file_that_vanished_meanwhile(hub: Store, three: None) -> None:
    def judge(event: evt.Event) -> int:
        if event.request.AffectedSOPInstanceUID == FIRST:
            path_of(hub, SECOND).unlink()
        return 0x0000

    said = got(hub, judge)
    assert (said.status, said.counts, said.failed) == (0xB000, (None, 2, 1, 0), [SECOND])


@pytest.mark.parametrize("model", ["move", "get"])
def test_an_object_is_looked_at_when_its_turn_comes(
    hub: Store, three: None, station: Callable[[Judge], None], model: str
) -> None:
    came = []

    def judge(event: evt.Event) -> int:
        came.append(event.request.AffectedSOPInstanceUID)
        if came == [FIRST]:
            damage(hub, THIRD)
        return 0x0000

    station(judge)
    said = moved(hub) if model == "move" else got(hub, judge)
    assert (said.status, said.counts, said.failed) == (0xB000, (None, 2, 1, 0), [THIRD])
    assert came == [FIRST, SECOND]


def test_nothing_is_read_of_what_comes_after_the_cancel(
    hub: Store, three: None, station: Callable[[Judge], None]
) -> None:
    """Whoever opened the last file, a pipe that nobody fills, would wait for ever."""
    pipe = path_of(hub, THIRD)
    pipe.unlink()
    os.mkfifo(pipe)
    station(_slow_after_the_first(answers()))
    said = moved(hub, cancelling=True)
    assert (said.status, said.counts) == (0xFE00, (1, 2, 0, 0))


def test_dcmtk_is_told_how_many_failed(
    hub: Store, three: None, station: Callable[[Judge], None], dcmtk: Run
) -> None:
    station(answers(n102=OUT_OF_RESOURCES))
    keys = ("-k QueryRetrieveLevel=STUDY", f"-k StudyInstanceUID={STUDY}")
    said = dcmtk("movescu", hub.settings, "-d", "-S", "-aem STATION", *keys).stdout
    final = said[said.index("Final Move Response") :]
    assert "One or more failures" in final and SECOND in final
    assert FIRST not in final and THIRD not in final


@pytest.mark.parametrize("how", ["killed", "abort", "release"])
def test_a_move_whose_asker_is_gone_sends_no_more_and_the_audit_says_so(
    hub: Store, twenty: None, station: Callable[[Judge], None], program: Callable[[str], str], how: str
) -> None:
    came: list[str] = []

    def slow(event: evt.Event) -> int:
        came.append(event.request.AffectedSOPInstanceUID)
        time.sleep(0.25)
        return 0x0000

    station(slow)
    go_away = _killed_movescu(hub, program("movescu")) if how == "killed" else _leaving(hub, how)
    wait_for(lambda: len(came) >= 2, "the first sub-operations")
    go_away()
    wait_for(lambda: _broken_off(hub) != [], "the audit row", 20)
    assert len(came) < 8, "the sub-operations went on"
    (said,) = _broken_off(hub)
    assert f"{20 - len(came)} of 20 not delivered" in said


def _killed_movescu(store: Store, program: str) -> Callable[[], object]:
    host, port = store.settings.dicom_address
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
    asker = subprocess.Popen(
        [program, "-S", "-aet", "CLINIC1", "-aec", "READHUB", "-aem", "STATION", *keys, host, str(port)]
    )
    return lambda: (asker.kill(), asker.wait(10))


def _leaving(store: Store, how: str) -> Callable[[], object]:
    association = _associated(store, MOVE)
    replies = association.send_c_move(_whole_study(), "STATION", MOVE)
    next(replies)
    return getattr(association, how)


def _broken_off(store: Store) -> list[str]:
    with store.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.outcome == "incomplete"))
        return [row.detail for row in rows if "broke off" in row.detail]
