"""Sending to real peers, being told the truth, and asking whether it is there."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from pynetdicom import AE, evt

from dicom.contexts import accepted_contexts, storage_classes
from dicom.echo import echo
from dicom.entity import Patience
from dicom.errors import NoAssociation
from dicom.find import Found, NoQuery, found_at
from dicom.send import send_files, send_paths
from dicom.township import serving as township
from hub.store import Store
from hub.store.sites import ReturnNode
from tests.plugins.peers import CT, ROOT_UID, Orthanc, background, content_of, slice_of, written

STUDY = f"{ROOT_UID}.1"


@pytest.fixture
def answering(free_port: Callable[[], int]) -> Callable[..., Iterator[ReturnNode]]:
    """Give `with answering(0xA700) as node`: a peer that answers each C-STORE with the next of these."""

    @contextmanager
    def start(*statuses: int | None) -> Iterator[ReturnNode]:
        left = list(statuses)

        def on_store(event: evt.Event) -> int:
            status = left.pop(0)
            if status is None:
                event.assoc.abort()
                return 0
            return status

        entity, port = AE("PEER"), free_port()
        entity.supported_contexts = accepted_contexts()[:128]
        server = entity.start_server(
            ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, on_store)]
        )
        try:
            yield ReturnNode("PEER", "127.0.0.1", port)
        finally:
            assert server is not None
            server.shutdown()

    return start


def uids(paths: list[Path]) -> list[str]:
    return [str(slice_of(n).SOPInstanceUID) for n in range(1, len(paths) + 1)]


def test_a_peer_receives_the_stored_bytes_as_they_are(
    storescp: Callable[..., Iterator], slices: Callable[..., list[Path]]
) -> None:
    paths = slices(3)
    with storescp("+B") as (node, folder):
        results = send_files(node, paths, "READHUB")
        received = {pydicom.dcmread(path).SOPInstanceUID: content_of(path) for path in folder.iterdir()}
    assert [(r.status, r.outcome) for r in results] == [(0x0000, "stored")] * 3
    assert received == dict(zip(uids(paths), map(content_of, paths), strict=True))


def test_all_go_over_one_association(
    storescp: Callable[..., Iterator], slices: Callable[..., list[Path]]
) -> None:
    with storescp("+B", "--fork") as (node, folder):
        assert len(send_files(node, slices(5), "READHUB")) == 5
        assert len(list(folder.iterdir())) == 5


def test_a_peer_that_waits_for_acknowledgements_is_not_waited_for(
    storescp: Callable[..., Iterator], slices: Callable[..., list[Path]]
) -> None:
    paths, taken = slices(40), []
    with storescp("+B") as (node, _):  # without TCP_NODELAY, as DCMTK comes
        for _ in range(3):
            began = time.monotonic()
            send_files(node, paths, "READHUB")
            taken.append(time.monotonic() - began)
    assert min(taken) < 40 * 0.03, "each object waits out a delayed acknowledgement of 40 ms"


def test_a_compressed_object_is_sent_uncompressed_to_a_peer_that_takes_no_other(
    storescp: Callable[..., Iterator], slices: Callable[..., list[Path]], program: Callable[[str], str]
) -> None:
    (path,) = slices(1)
    packed = path.with_name("packed.dcm")
    subprocess.run([program("dcmcrle"), str(path), str(packed)], check=True)
    with storescp("+B") as (node, folder):
        (result,) = send_files(node, [packed], "READHUB")
        (received,) = folder.iterdir()
        assert result.outcome == "stored"
        came, original = pydicom.dcmread(received), pydicom.dcmread(path)
        assert came.PixelData == original.PixelData
        assert came.SOPInstanceUID == came.file_meta.MediaStorageSOPInstanceUID == original.SOPInstanceUID
    with storescp("+B", "+xr") as (node, folder):
        send_files(node, [packed], "READHUB")
        assert content_of(next(folder.iterdir())) == content_of(packed)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0x0000, "stored"), (0xB000, "warned"), (0xB007, "warned"), (0xA700, "failed"), (0xC000, "failed"),
     (0x0124, "failed"), (0x0122, "failed"), (0xA900, "failed")],
)  # fmt: skip
def test_the_peers_status_is_told_as_what_it_means(
    answering: Callable[..., Iterator[ReturnNode]],
    slices: Callable[..., list[Path]],
    status: int,
    outcome: str,
) -> None:
    with answering(status) as node:
        (result,) = send_files(node, slices(1), "READHUB")
    assert (result.status, result.outcome) == (status, outcome)
    assert bool(result.detail) == (outcome != "stored")


@pytest.mark.parametrize(
    ("status", "said"),
    [(0x0124, ("not authorised", "another site")), (0xA700, ("out of resources", "send again")),
     (0xA7FF, ("out of resources", "send again")), (0xB000, ("not all is as it was sent", "kept aside")),
     (0xC000, ("cannot understand", "mend the file")), (0xC123, ("cannot understand", "mend the file")),
     (0x0122, ("SOP class not supported", "of this kind")), (0xA900, ("does not match", "mend the file")),
     (0x0110, ("processing failure", "its log")), (0xFACE, ("of the receiver's own", "its log"))],
)  # fmt: skip
def test_the_command_says_once_what_a_status_means_and_what_to_do(
    answering: Callable[..., Iterator[ReturnNode]],
    slices: Callable[..., list[Path]],
    status: int,
    said: tuple[str, str],
) -> None:
    meaning, to_do = said
    with answering(status, status, 0x0000) as node:
        paths = [str(path) for path in slices(3)]
        told = subprocess.run(
            [sys.executable, "-m", "readhub", "send", *paths, "--to", str(node)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    lines = told.stdout.splitlines()
    assert len(lines) == 3 and all(meaning in line for line in lines[:2]) and meaning not in lines[2]
    (advice,) = told.stderr.splitlines()
    assert advice.startswith(f"0x{status:04X} ") and meaning in advice and to_do in advice
    assert told.returncode == (0 if status == 0xB000 else 1)


def test_ctrl_c_ends_a_sending_whose_peer_has_not_answered_yet(
    slices: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        node = f"SILENT@127.0.0.1:{silent.getsockname()[1]}"
        words = [sys.executable, "-m", "readhub", "send", str(slices(1)[0]), "--to", node]
        pipe = subprocess.PIPE
        sending = subprocess.Popen(words, stdout=pipe, stderr=pipe, preexec_fn=_hears_ctrl_c)
        accepted, _address = silent.accept()
        accepted.recv(6)
        sending.send_signal(signal.SIGINT)
        began = time.monotonic()
        sending.communicate(timeout=90)
        accepted.close()
    assert sending.returncode != 0 and time.monotonic() - began < 10


def test_ctrl_c_ends_a_sending_whose_peer_does_not_let_it_go(
    slices: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    asked, over = threading.Event(), threading.Event()

    def on_pdu(event: evt.Event) -> None:
        if type(event.pdu).__name__ == "A_RELEASE_RQ":
            asked.set()
            over.wait(60)

    entity = AE("PEER")
    entity.supported_contexts = accepted_contexts()[:128]
    handlers = [(evt.EVT_C_STORE, lambda _event: 0x0000), (evt.EVT_PDU_RECV, on_pdu)]
    server = entity.start_server(("127.0.0.1", free_port()), block=False, evt_handlers=handlers)
    node = f"PEER@127.0.0.1:{server.server_address[1]}"
    words = [sys.executable, "-m", "readhub", "send", str(slices(1)[0]), "--to", node]
    sending = subprocess.Popen(words, preexec_fn=_hears_ctrl_c)
    assert asked.wait(60)
    time.sleep(0.5)
    sending.send_signal(signal.SIGINT)
    try:
        assert sending.wait(15) != 0
    finally:
        over.set()
        sending.kill()
        server.shutdown()


def _hears_ctrl_c() -> None:
    """A program that was started in the background inherits that it does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_peer_that_breaks_off_leaves_the_rest_failed_and_says_so(
    answering: Callable[..., Iterator[ReturnNode]], slices: Callable[..., list[Path]]
) -> None:
    with answering(0x0000, None, 0x0000) as node:
        results = send_files(node, slices(3), "READHUB")
    assert [r.outcome for r in results] == ["stored", "failed", "failed"]
    assert results[1].status is results[2].status is None
    assert "no answer" in results[1].detail and "not sent" in results[2].detail


def test_a_peer_that_never_answers_costs_only_our_patience(
    free_port: Callable[[], int], slices: Callable[..., list[Path]]
) -> None:
    release = threading.Event()
    entity, port = AE("PEER"), free_port()
    entity.add_supported_context(CT)

    def on_store(_event: evt.Event) -> int:
        release.wait(20)
        return 0

    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, on_store)])
    node = ReturnNode("PEER", "127.0.0.1", port)
    (result,) = send_files(node, slices(1), "READHUB", Patience(answer=1.0))
    release.set()
    assert server is not None
    server.shutdown()
    assert (result.status, result.outcome) == (None, "failed")
    assert "no answer" in result.detail


def test_nobody_at_the_address_is_said_so(
    free_port: Callable[[], int], slices: Callable[..., list[Path]]
) -> None:
    with pytest.raises(NoAssociation, match="nobody answers at 127.0.0.1") as caught:
        send_files(ReturnNode("GONE", "127.0.0.1", free_port()), slices(1), "READHUB")
    assert not caught.value.for_good


def test_an_unknown_host_is_said_so(slices: Callable[..., list[Path]]) -> None:
    with pytest.raises(NoAssociation, match="no.such.host.invalid"):
        send_files(ReturnNode("GONE", "no.such.host.invalid", 104), slices(1), "READHUB")


def test_a_peer_that_does_not_know_us_is_said_so(hub: Store, slices: Callable[..., list[Path]]) -> None:
    node = ReturnNode("READHUB", *hub.settings.dicom_address)
    with pytest.raises(NoAssociation, match="calling ae title not recognised") as caught:
        send_files(node, slices(1), "STRANGER")
    assert caught.value.for_good


def test_what_is_no_object_is_reported_and_the_others_are_sent(
    hub: Store, slices: Callable[..., list[Path]]
) -> None:
    paths = slices(2)
    (paths[0].parent / "notes.txt").write_text("no object")
    results = send_paths(ReturnNode("READHUB", *hub.settings.dicom_address), [paths[0].parent], "CLINIC1")
    assert [(r.path.name, r.outcome) for r in results] == [
        ("0001.dcm", "stored"), ("0002.dcm", "stored"), ("notes.txt", "failed"),
    ]  # fmt: skip
    assert results[2].detail.startswith("not sent")


def test_more_kinds_than_one_association_can_propose_are_all_sent(hub: Store, tmp_path: Path) -> None:
    paths = [
        written(slice_of(n, SOPClassUID=uid), tmp_path / f"{n}.dcm")
        for n, uid in enumerate(storage_classes()[:90], 1)
    ]
    results = send_files(ReturnNode("READHUB", *hub.settings.dicom_address), paths, "CLINIC1")
    assert [r.status for r in results] == [0x0000] * 90


def test_orthanc_takes_it_and_says_that_it_is_there(
    orthanc: Orthanc, slices: Callable[..., list[Path]]
) -> None:
    paths = slices(2)
    assert {r.outcome for r in send_files(orthanc.node, paths, "READHUB")} == {"stored"}
    assert orthanc.instances() == 2
    absent = f"{ROOT_UID}.3.99"
    found = found_at(orthanc.node, STUDY, [*uids(paths), absent], "READHUB")
    assert found == Found(frozenset(uids(paths)), frozenset([absent]))
    assert echo(orthanc.node, "READHUB")


def test_the_township_takes_it_and_says_that_it_is_there(
    free_port: Callable[[], int], slices: Callable[..., list[Path]], tmp_path: Path
) -> None:
    paths, node = slices(2), ReturnNode("CLINIC1", "127.0.0.1", free_port())
    with township(tmp_path / "township", node.ae_title, node.host, node.port):
        assert {r.outcome for r in send_files(node, paths, "READHUB")} == {"stored"}
        found = found_at(node, STUDY, [*uids(paths), "1.2.3"], "READHUB")
        elsewhere = found_at(node, "1.2.3", uids(paths), "READHUB")
    assert found == Found(frozenset(uids(paths)), frozenset(["1.2.3"]))
    assert elsewhere == Found(frozenset(), frozenset(uids(paths)))


@pytest.fixture
def strict_archive(
    program: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path
) -> Iterator[ReturnNode]:
    """DCMTK's archive, which wants every unique key of the levels above."""
    folder, port = tmp_path / "archive", free_port()
    folder.mkdir()
    configuration = tmp_path / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n"
        f"HostTable END\nVendorTable BEGIN\nVendorTable END\nAETable BEGIN\n"
        f"ARCHIVE {folder} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with background([program("dcmqrscp"), "-c", str(configuration)], port):
        yield ReturnNode("ARCHIVE", "127.0.0.1", port)


def test_an_archive_that_wants_every_key_is_asked_series_by_series(
    strict_archive: ReturnNode, slices: Callable[..., list[Path]]
) -> None:
    paths = slices(2)
    assert {r.outcome for r in send_files(strict_archive, paths, "READHUB")} == {"stored"}
    found = found_at(strict_archive, STUDY, [*uids(paths), "1.2.3"], "READHUB")
    assert found == Found(frozenset(uids(paths)), frozenset(["1.2.3"]))


def test_a_peer_without_query_is_told_apart_from_one_that_has_nothing(
    storescp: Callable[..., Iterator],
) -> None:
    with storescp() as (node, _folder):
        assert isinstance(found_at(node, STUDY, ["1.2.3"], "READHUB"), NoQuery)


def test_a_peer_that_is_away_is_told_apart_from_one_without_query(free_port: Callable[[], int]) -> None:
    with pytest.raises(NoAssociation):
        found_at(ReturnNode("GONE", "127.0.0.1", free_port()), STUDY, ["1.2.3"], "READHUB")


def test_nobody_answers_no_echo(free_port: Callable[[], int]) -> None:
    assert not echo(ReturnNode("GONE", "127.0.0.1", free_port()), "READHUB")
