"""Who is let in, who is not, and what is negotiated: with DCMTK, pynetdicom and bare sockets as peers."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest
from pynetdicom import build_context
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import Verification
from sqlalchemy import select

from dicom.contexts import TRANSFER_SYNTAXES, storage_classes
from dicom.echo import answers_echo, echo
from dicom.shared_studies import is_brought, place_of
from hub.domain.uid import new_uid
from hub.store import Store, sites
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Errand, RefusalWindow, Site, Study
from tests.plugins.peers import CT, Asker, Run, slice_of, wait_for

STORAGE = "1.2.840.10008.5.1.4.1.1."
#: Classes that one of pynetdicom's two lists lacks: 32-bit ECG, annotation SR, retired US and US multi-frame.
EASILY_FORGOTTEN = [STORAGE + tail for tail in ("9.1.4", "88.77", "6", "3")]


#: A P-DATA-TF with a first, not the last, fragment of a command (PS3.8 9.3.5 and E.2).
HALF_A_COMMAND = struct.pack(">BBLLBB", 4, 0, 16, 12, 1, 1) + bytes(10)


def node_of(store: Store, called: str = "READHUB") -> ReturnNode:
    return ReturnNode(called, *store.settings.dicom_address)


def audited(store: Store, act: str) -> list[tuple[str, str, str]]:
    with store.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == act).order_by(AuditRow.number))
        return [(row.thing, row.outcome, row.detail) for row in rows]


def associate(store: Store, *contexts: object, calling: str = "CLINIC1") -> Association:
    entity = Asker(calling)
    entity.acse_timeout = entity.dimse_timeout = 10
    return entity.associate(*store.settings.dicom_address, contexts=list(contexts), ae_title="READHUB")


@pytest.fixture
def open_socket(hub: Store) -> Iterator[socket.socket]:
    with socket.create_connection(hub.settings.dicom_address, timeout=10) as peer:
        yield peer


def request(called: bytes = b"READHUB", calling: bytes = b"CLINIC1", context: bytes = b"") -> bytes:
    """An A-ASSOCIATE-RQ for C-ECHO, laid out by hand (PS3.8 table 9-11)."""

    def item(kind: int, value: bytes) -> bytes:
        return struct.pack(">BxH", kind, len(value)) + value

    application = item(0x10, context or b"1.2.840.10008.3.1.1.1")
    presentation = item(
        0x20, b"\1\0\0\0" + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2")
    )
    user = item(0x50, item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3"))
    body = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16), calling.ljust(16))
    body += application + presentation + user
    return struct.pack(">BBL", 1, 0, len(body)) + body


def rejected_with(peer: socket.socket, pdu: bytes) -> tuple[int, int, int]:
    peer.sendall(pdu)
    answer = peer.recv(100)
    assert answer[0] == 3, f"no A-ASSOCIATE-RJ but {answer!r}"
    return tuple(answer[7:10])  # type: ignore[return-value]


def test_a_registered_site_is_answered(hub: Store, dcmtk: Run) -> None:
    assert dcmtk("echoscu", hub.settings).returncode == 0
    assert audited(hub, "associate") == []


def test_an_unknown_caller_is_rejected_with_the_standards_reason_and_audited(hub: Store, dcmtk: Run) -> None:
    said = dcmtk("echoscu", hub.settings, calling="STRANGER").stdout
    assert "Rejected Permanent, Source: Service User" in said
    assert "Calling AE Title Not Recognized" in said
    assert audited(hub, "associate") == [
        ("calling STRANGER", "rejected", "calling AE title not recognised (1, 1, 3)")
    ]


def test_a_flood_of_strangers_costs_few_rows_and_every_one_is_counted(hub: Store) -> None:
    strangers = 40
    for number in range(strangers):
        with socket.create_connection(hub.settings.dicom_address, timeout=10) as peer:
            assert rejected_with(peer, request(calling=b"FLOOD%d" % number)) == (1, 1, 3)
    first = audited(hub, "associate")
    assert 1 <= len(first) <= 2, "one row for each minute that the flood touched"
    assert first[0] == ("calling FLOOD0", "rejected", "calling AE title not recognised (1, 1, 3)")
    until = time.monotonic() + 20
    while (further := _further(hub)) + len(first) < strangers and time.monotonic() < until:
        time.sleep(0.1)
    assert further + len(first) == strangers


def _further(hub: Store) -> int:
    with hub.reading() as session:
        return sum(session.scalars(select(RefusalWindow.further)))


def test_a_caller_who_asks_for_somebody_else_is_rejected(hub: Store, dcmtk: Run) -> None:
    assert "Called AE Title Not Recognized" in dcmtk("echoscu", hub.settings, called="OTHER").stdout
    assert audited(hub, "associate")[0][2] == "called AE title not recognised (1, 1, 7)"


def test_a_blank_calling_title_is_rejected_and_audited(hub: Store, open_socket: socket.socket) -> None:
    assert rejected_with(open_socket, request(calling=b" ")) == (1, 1, 3)
    assert audited(hub, "associate") == [
        ("calling ", "rejected", "calling AE title not recognised (1, 1, 3)")
    ]


def test_a_foreign_application_context_is_rejected(open_socket: socket.socket) -> None:
    assert rejected_with(open_socket, request(context=b"1.2.3.4.5")) == (1, 1, 2)


def test_the_request_laid_out_by_hand_is_accepted_when_nothing_is_wrong(open_socket: socket.socket) -> None:
    open_socket.sendall(request())
    assert open_socket.recv(1)[0] == 2


def test_a_site_bound_to_an_address_is_not_accepted_from_another(hub: Store, dcmtk: Run) -> None:
    with hub.writing() as session:
        sites.edit_site(sites.site_named(session, "east"), address="192.0.2.7")
    time.sleep(1.1)
    assert "Calling AE Title Not Recognized" in dcmtk("echoscu", hub.settings).stdout
    with hub.writing() as session:
        sites.edit_site(sites.site_named(session, "east"), address="127.0.0.1")
    time.sleep(1.1)
    assert dcmtk("echoscu", hub.settings).returncode == 0


def test_a_site_added_to_a_running_hub_is_accepted_within_two_seconds(hub: Store, dcmtk: Run) -> None:
    assert dcmtk("echoscu", hub.settings, calling="CLINIC3").returncode != 0
    with hub.writing() as session:
        sites.add_site(session, "south", "CLINIC3")
    time.sleep(1.5)
    assert dcmtk("echoscu", hub.settings, calling="CLINIC3").returncode == 0


def test_a_site_switched_off_is_rejected_within_two_seconds(hub: Store, dcmtk: Run) -> None:
    assert dcmtk("echoscu", hub.settings).returncode == 0
    with hub.writing() as session:
        session.scalars(select(Site).where(Site.name == "east")).one().active = False
    time.sleep(1.5)
    assert "Calling AE Title Not Recognized" in dcmtk("echoscu", hub.settings).stdout


def test_the_supervisor_on_this_machine_may_say_hello_and_nothing_else(hub: Store) -> None:
    assert answers_echo(hub.settings)
    association = associate(
        hub, build_context(Verification), build_context(CT), calling=hub.settings.ae_title
    )
    assert [str(c.abstract_syntax) for c in association.accepted_contexts] == [str(Verification)]
    association.release()
    assert not echo(node_of(hub), "STRANGER")


def test_every_storage_class_is_accepted_in_every_transfer_syntax(hub: Store) -> None:
    offered = [(uid, syntax) for uid in storage_classes() for syntax in TRANSFER_SYNTAXES[::9]]
    offered += [(CT, syntax) for syntax in TRANSFER_SYNTAXES]
    assert len(TRANSFER_SYNTAXES) == 45
    for start in range(0, len(offered), 128):
        contexts = [build_context(*pair) for pair in offered[start : start + 128]]
        association = associate(hub, *contexts)
        assert len(association.accepted_contexts) == len(contexts)
        association.release()


@pytest.mark.parametrize("sop_class", EASILY_FORGOTTEN)
def test_a_class_that_is_easily_forgotten_is_stored(hub: Store, sop_class: str) -> None:
    association = associate(hub, build_context(sop_class, "1.2.840.10008.1.2.1"))
    assert association.send_c_store(slice_of(1, SOPClassUID=sop_class)).Status == 0x0000
    association.release()


def test_an_unknown_class_is_refused_by_its_context_and_the_others_go_on(hub: Store) -> None:
    association = associate(hub, build_context("1.2.3.4.5"), build_context(CT, "1.2.840.10008.1.2.1"))
    assert [context.result for context in association.rejected_contexts] == [3]
    assert association.send_c_store(slice_of(1)).Status == 0x0000
    association.release()


def test_seventy_silent_associations_leave_room_for_another(hub: Store, dcmtk: Run) -> None:
    peers = [socket.create_connection(hub.settings.dicom_address, timeout=30) for _ in range(70)]
    try:
        for peer in peers:
            peer.sendall(request())
        assert {peer.recv(1)[0] for peer in peers} == {2}
        assert dcmtk("echoscu", hub.settings).returncode == 0
    finally:
        for peer in peers:
            peer.close()


def test_a_pdu_that_claims_four_gigabytes_is_not_waited_for(open_socket: socket.socket) -> None:
    open_socket.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFF0) + b"x" * 100)
    began = time.monotonic()
    open_socket.settimeout(20)
    assert closed(open_socket)
    assert time.monotonic() - began < 10


def test_a_data_pdu_longer_than_announced_is_not_read(hub: Store, open_socket: socket.socket) -> None:
    open_socket.sendall(request())
    assert open_socket.recv(4096)[0] == 2
    open_socket.sendall(struct.pack(">BBL", 4, 0, hub.settings.maximum_pdu + 1))
    assert closed(open_socket)


def closed(peer: socket.socket) -> bool:
    """Tell whether the peer's connection ends, with or without an abort before it."""
    try:
        while peer.recv(4096):
            continue
    except ConnectionResetError:
        pass
    return True


def test_studies_settle_when_their_association_is_released(hub: Store) -> None:
    association = associate(hub, build_context(CT, "1.2.840.10008.1.2.1"))
    association.send_c_store(slice_of(1))
    assert seconds_to_settle(hub) > 20
    association.release()
    wait_for(lambda: seconds_to_settle(hub) <= 0, "the study to settle")


def test_a_study_still_coming_on_another_association_does_not_settle(hub: Store) -> None:
    first, second = (associate(hub, build_context(CT, "1.2.840.10008.1.2.1")) for _ in range(2))
    first.send_c_store(slice_of(1))
    second.send_c_store(slice_of(2))
    first.release()
    time.sleep(0.5)
    assert seconds_to_settle(hub) > 20
    second.release()
    wait_for(lambda: seconds_to_settle(hub) <= 0, "the study to settle")


def test_a_line_that_breaks_inside_an_instance_leaves_the_study_to_its_quiet_time(hub: Store) -> None:
    association = associate(hub, build_context(CT, "1.2.840.10008.1.2.1"))
    association.send_c_store(slice_of(1))
    association.dul.socket.send(HALF_A_COMMAND)
    association.dul.socket.socket.close()
    time.sleep(1.0)
    assert seconds_to_settle(hub) > 15


@pytest.mark.parametrize(
    "more", [(), (build_context("1.2.840.10008.1.20.1"),)], ids=["plain", "with services"]
)
@pytest.mark.parametrize("end", ["abort", "close"])
def test_whoever_breaks_off_between_instances_leaves_the_study_to_its_quiet_time(
    hub: Store, end: str, more: tuple[PresentationContext, ...]
) -> None:
    association = associate(hub, build_context(CT, "1.2.840.10008.1.2.1"), *more)
    association.send_c_store(slice_of(1))
    if end == "abort":
        association.abort()
    else:
        association.dul.socket.socket.close()
    wait_for(lambda: not is_brought(place_of(hub), "east", str(slice_of(1).StudyInstanceUID)), "the end")
    time.sleep(0.5)
    assert seconds_to_settle(hub) > 15


def test_a_study_is_brought_until_its_association_ends_whatever_else_that_brings(hub: Store) -> None:
    def brought(number: int) -> bool:
        return is_brought(place_of(hub), "east", f"1.2.3.{number}")

    first, second = (associate(hub, build_context(CT, "1.2.840.10008.1.2.1")) for _ in range(2))
    assert not brought(1)
    for number, association in ((1, first), (1, second), (2, first)):
        association.send_c_store(
            slice_of(number, StudyInstanceUID=f"1.2.3.{number}", SOPInstanceUID=new_uid())
        )
    assert brought(1) and brought(2) and not brought(3)
    second.release()
    time.sleep(0.5)
    assert brought(1) and brought(2)
    first.abort()
    wait_for(lambda: not brought(1) and not brought(2), "the last that brings them to end")


def seconds_to_settle(store: Store) -> float:
    with store.reading() as session:
        due = session.scalars(
            select(Errand.due_at).join(Study, Study.id == Errand.subject_id).where(Errand.kind == "settle")
        ).one()
        return (due.timestamp()) - time.time()
