"""Peers that are silent, slow, endless or wrong: each is bounded, and everybody else is served meanwhile."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.filewriter import dcmwrite
from sqlalchemy import func, select

from dicom.limits import Limits, Most, Visit
from dicom.scp import serving
from hub.settings import read_settings
from hub.store import Store, open_store, sites
from hub.store.tables import AuditRow, Instance
from tests.plugins.peers import Run, slice_of, wait_for
from tests.plugins.raw_peer import (
    ABORT,
    COMMAND,
    CT,
    EXPLICIT,
    LAST,
    P_DATA,
    RELEASE,
    RELEASE_RP,
    VERIFICATION,
    RawPeer,
    associate_rq,
    command_set,
    echo_rq,
    p_data,
    pdv,
    store_pdus,
    store_rq,
)
from tests.plugins.store import lay_schema


def data_set(number: int = 1) -> tuple[str, bytes]:
    dataset, out = slice_of(number), BytesIO()
    del dataset.file_meta
    dcmwrite(out, dataset, implicit_vr=False, little_endian=True)
    return str(dataset.SOPInstanceUID), out.getvalue()


def instances(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(Instance)) or 0


def refused(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(AuditRow.detail).where(AuditRow.outcome == "refused")))


def rejections(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(AuditRow.detail).where(AuditRow.outcome == "rejected")))


@pytest.fixture
def small(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Store]:
    """A hub with narrow limits: 2 s of patience, 2 MB a message, 3 associations a site."""
    settings = read_settings(
        data_dir=tmp_path / "hub", dicom=f"127.0.0.1:{free_port()}", network_timeout_seconds=2,
        maximum_message=2 * 1024**2, associations_per_site=3,
    )  # fmt: skip
    lay_schema(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "CLINIC1")
        sites.add_site(session, "west", "CLINIC2")
    with serving(store):
        yield store
    store.close()


def test_a_store_byte_by_byte_is_kept_whole(hub: Store) -> None:
    uid, data = data_set()
    with RawPeer(hub.settings).associated() as peer:
        peer.send(*store_pdus(uid, data, part=999))
        assert peer.status() == 0x0000
        peer.send(RELEASE)
        assert peer.pdu()[0] == RELEASE_RP
    assert instances(hub) == 1


def test_several_values_in_one_pdu_and_a_split_command_are_understood(hub: Store) -> None:
    uid, data = data_set()
    command = store_rq(uid)
    with RawPeer(hub.settings).associated() as peer:
        peer.send(p_data(pdv(command[:20], COMMAND), pdv(command[20:], COMMAND | LAST), pdv(data[:100], 0)))
        peer.send(p_data(pdv(data[100:], 0), pdv(b"", LAST)))
        assert peer.status() == 0x0000
        peer.send(p_data(pdv(echo_rq(), COMMAND | LAST, context=3)))
        assert peer.status() == 0x0000


def test_sixty_four_silent_peers_hold_nobody_up(hub: Store, dcmtk: Run, slices: Callable) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(64):
            peer = stack.enter_context(socket.create_connection(hub.settings.dicom_address, timeout=30))
            peer.sendall(associate_rq()[: number % 7])
        began = time.monotonic()
        assert "(Success)" in dcmtk("storescu", hub.settings, *slices(1)).stdout
        seconds = time.monotonic() - began
        print(f"first answer after {seconds:.2f} s")
        assert seconds < 8


def test_silent_peers_beyond_the_most_are_shown_out_oldest_first() -> None:
    closed: list[str] = []
    limits = Limits(Most(9, 9, 9), most_silent=3)
    for address in ("a1", "b1", "b2", "b3", "a2"):
        limits.enter(Visit(address[0], lambda address=address: closed.append(address)))  # type: ignore[misc]
    assert closed == ["b1", "b2"] or closed == ["b1", "a1"]


def test_an_association_is_counted_by_its_site_and_its_address() -> None:
    limits = Limits(Most(in_all=4, per_address=3, per_site=2))
    visits = [Visit(address, lambda: None) for address in ("x", "x", "x", "y", "y", "z")]
    admitted = [limits.admit(visit, site) for visit, site in zip(visits, "aabbbc", strict=True)]
    assert admitted == [True, True, True, True, False, False]
    limits.leave(visits[0])
    assert limits.admit(Visit("z", lambda: None), "a")


def test_a_flood_of_associations_of_one_site_leaves_room_for_another(small: Store) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(RawPeer(small.settings)).associated()
        fourth = stack.enter_context(RawPeer(small.settings))
        fourth.send(associate_rq())
        assert fourth.pdu() == (3, bytes((0, 2, 3, 2)))
        stack.enter_context(RawPeer(small.settings)).associated(calling="CLINIC2")
    assert rejections(small) == ["too many associations are open (2, 3, 2)"]


def test_a_peer_that_left_makes_room(small: Store) -> None:
    for _ in range(5):
        with RawPeer(small.settings).associated():
            pass
        time.sleep(0.3)
    assert rejections(small) == []


@pytest.mark.parametrize(
    "sent",
    [
        associate_rq()[:3],
        associate_rq()[:100],
        associate_rq() + struct.pack(">BxL", P_DATA, 1000),
        associate_rq() + p_data(pdv(store_rq("1.2.3"), COMMAND | LAST)) + p_data(pdv(b"x" * 100, 0))[:50],
    ],
    ids=["half a header", "half a request", "half a PDU", "half a fragment"],
)
def test_half_of_anything_ends_in_a_bounded_time(small: Store, sent: bytes) -> None:
    with RawPeer(small.settings) as peer:
        peer.send(sent)
        began = time.monotonic()
        while peer.pdu()[0] > 0:
            continue
        assert time.monotonic() - began < 20
    assert instances(small) == 0


BROKEN = {
    "a PDU of no type": b"\x42\0\0\0\0\4abcd",
    "a second request": associate_rq(),
    "an empty P-DATA": p_data(),
    "a P-DATA of 4 GB": struct.pack(">BxL", P_DATA, 0xFFFFFFF0),
    "a value longer than its PDU": p_data(struct.pack(">LBB", 5000, 1, 3) + b"xx"),
    "a value of length 0": p_data(struct.pack(">LBB", 0, 1, 3)),
    "a context nobody accepted": p_data(pdv(echo_rq(), COMMAND | LAST, context=99)),
    "a data set without a command": p_data(pdv(b"data", LAST)),
    "a command set of noise": p_data(pdv(b"\x99" * 40, COMMAND | LAST)),
    "a command without its number": p_data(pdv(command_set({0x0100: b"\1\0"}), COMMAND | LAST)),
    "an answer that nobody asked for": p_data(
        pdv(command_set({0x0100: b"\1\x80", 0x0110: b"\1\0", 0x0800: b"\1\1"}), COMMAND | LAST)
    ),
    "a command of 1 MB": b"".join(p_data(pdv(bytes(60_000), COMMAND)) for _ in range(17)),
    "a command inside a message": p_data(pdv(store_rq("1.2.3"), COMMAND | LAST)) * 2,
    "a release inside a message": p_data(pdv(store_rq("1.2.3"), COMMAND | LAST)) + RELEASE,
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_the_protocol_is_aborted_by_the_provider(hub: Store, sent: bytes) -> None:
    with RawPeer(hub.settings).associated() as peer:
        with contextlib.suppress(OSError):
            peer.send(sent)
        kind, body = peer.pdu()
        assert (kind, body[2:3]) == (ABORT, b"\2") or kind == 0
    with RawPeer(hub.settings).associated() as other:
        other.send(p_data(pdv(echo_rq(), COMMAND | LAST, context=3)))
        assert other.status() == 0x0000


def test_an_abort_in_any_state_leaves_nothing_behind(hub: Store) -> None:
    uid, data = data_set()
    pdus = store_pdus(uid, data, part=2000)
    abort = struct.pack(">BxLxxBB", ABORT, 4, 0, 0)
    for sent in range(len(pdus)):
        with RawPeer(hub.settings).associated() as peer:
            peer.send(*pdus[:sent], abort)
            assert peer.pdu()[0] == 0
    incoming = hub.settings.data_dir / "incoming"
    wait_for(lambda: not list(incoming.iterdir()), "the drafts to go")
    assert (instances(hub), list(hub.vault.keys())) == (0, [])


def test_a_message_longer_than_allowed_is_broken_off_audited_and_not_kept(small: Store) -> None:
    pdus = store_pdus("1.2.3", bytes(3 * 1024**2), part=60_000)
    with RawPeer(small.settings).associated() as peer, contextlib.suppress(OSError):
        peer.send(*pdus)
        assert peer.pdu()[0] in (ABORT, 0)
    wait_for(lambda: refused(small) != [], "the refusal to be audited")
    assert "more than 2097152 bytes" in refused(small)[0]
    wait_for(lambda: not list((small.settings.data_dir / "incoming").iterdir()), "the draft to go")
    assert (instances(small), list(small.vault.keys())) == (0, [])


def test_an_unknown_operation_is_answered_and_the_association_goes_on(hub: Store) -> None:
    unknown = command_set({0x0100: b"\x50\1", 0x0110: b"\7\0", 0x0800: b"\1\1"})
    with RawPeer(hub.settings).associated() as peer:
        peer.send(p_data(pdv(unknown, COMMAND | LAST)))
        assert peer.status() == 0x0211
        peer.send(p_data(pdv(echo_rq(), COMMAND | LAST, context=3)))
        assert peer.status() == 0x0000


PLAIN = ((CT, EXPLICIT), (VERIFICATION, EXPLICIT))
WITH_QUERIES = (*PLAIN, ("1.2.840.10008.5.1.4.1.2.2.1", EXPLICIT))


@pytest.mark.parametrize("contexts", [PLAIN, WITH_QUERIES])
def test_a_cancel_of_what_is_over_is_taken_in_silence_and_the_association_goes_on(
    hub: Store, contexts: tuple[tuple[str, str], ...]
) -> None:
    cancel = command_set({0x0100: b"\xff\x0f", 0x0120: b"\7\0", 0x0800: b"\1\1"})  # PS3.7 9.3.2.3
    uid, data = data_set()
    with RawPeer(hub.settings).associated(*contexts) as peer:
        peer.send(p_data(pdv(cancel, COMMAND | LAST)))
        peer.send(*store_pdus(uid, data))
        assert peer.status() == 0x0000
        peer.send(p_data(pdv(cancel, COMMAND | LAST)), p_data(pdv(echo_rq(), COMMAND | LAST, context=3)))
        assert peer.status() == 0x0000
        peer.send(RELEASE)
        assert peer.pdu()[0] == RELEASE_RP
    assert instances(hub) == 1


@pytest.mark.parametrize("contexts", [PLAIN, WITH_QUERIES])
@pytest.mark.parametrize(
    ("calling", "called"),
    [("CLINIC1\0\0\0\0\0\0\0\0\0", "READHUB"), ("CLINIC1", "READHUB" + 9 * "\0"),
     ("CLINIC1\0", "READHUB\0"), ("CLINIC1 \0\0", " READHUB")],
)  # fmt: skip
def test_titles_that_an_old_device_pads_with_nul_are_understood(
    hub: Store, contexts: tuple[tuple[str, str], ...], calling: str, called: str
) -> None:
    uid, data = data_set()
    with RawPeer(hub.settings).associated(*contexts, calling=calling, called=called) as peer:
        peer.send(*store_pdus(uid, data))
        assert peer.status() == 0x0000
    with hub.reading() as session:
        assert session.scalars(select(Instance.calling_ae)).all() == ["CLINIC1"]


def test_a_stranger_who_pads_with_nul_is_rejected_by_name(hub: Store) -> None:
    with RawPeer(hub.settings) as peer:
        peer.send(associate_rq(calling="STRANGER" + 8 * "\0"))
        kind, body = peer.pdu()
    assert (kind, body[1:]) == (3, b"\1\1\3")
    assert rejections(hub) == ["calling AE title not recognised (1, 1, 3)"]


def test_a_store_on_the_context_of_an_echo_is_refused(hub: Store) -> None:
    uid, data = data_set()
    with RawPeer(hub.settings).associated((CT, EXPLICIT), (VERIFICATION, EXPLICIT)) as peer:
        peer.send(p_data(pdv(store_rq(uid), COMMAND | LAST, context=3), pdv(data, LAST, context=3)))
        assert peer.status() == 0x0122


def test_a_deflate_bomb_is_answered_with_bounded_memory(hub: Store) -> None:
    import zlib

    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(bomb.compress(bytes(1024**2)) for _ in range(200)) + bomb.flush()
    with RawPeer(hub.settings).associated((CT, "1.2.840.10008.1.2.1.99")) as peer:
        peer.send(*store_pdus("1.2.3", data))
        assert peer.status() == 0xC000
