"""DICOM over TLS: who is let in by its certificate, and a handshake that never ends holds nobody up."""

import contextlib
import ipaddress
import select
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydicom import Dataset
from pydicom.uid import generate_uid

from dicom.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE
from dicom.scp import serving
from hub.errors import Refused, SetupFault
from hub.settings import read_settings
from hub.store import Store, open_store, sites
from hub.store.devices import add_device
from hub.store.sites import ReturnNode
from hub.store.tables import Commitment
from tests.plugins.peers import CT, ROOT_UID, Asker
from tests.plugins.raw_peer import RELEASE, RELEASE_RP, associate_rq
from tests.plugins.store import lay_schema
from tests.plugins.studies import ready, wait_a_moment


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Makes certificates that it signs itself."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invented authority")])
        self.root = self.pair("root", self._key, authority=True).certificate

    def pair(self, name: str, key: ec.EllipticCurvePrivateKey | None = None, authority: bool = False) -> Pair:
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = self._name if authority else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        began = datetime.now(UTC) - timedelta(minutes=1)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(began).not_valid_after(began + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
            )
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pair.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


@pytest.fixture
def secured(authority: Authority, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Store]:
    """A hub with a TLS listener: east is bound to its certificate, west is not."""
    own = authority.pair("hub")
    settings = read_settings(
        data_dir=tmp_path / "hub", dicom=f"127.0.0.1:{free_port()}", dicom_tls=f"127.0.0.1:{free_port()}",
        dicom_tls_certificate=own.certificate, dicom_tls_key=own.key, dicom_tls_clients=authority.root,
    )  # fmt: skip
    lay_schema(settings)
    store = open_store(settings)
    with store.writing() as session:
        east = sites.add_site(session, "east", "CLINIC1")
        sites.bind_certificate(east, authority.pair("east").certificate.read_text())
        sites.add_site(session, "west", "CLINIC2")
    with serving(store):
        yield store
    store.close()


def storescu(
    program: Callable[[str], str], store: Store, authority: Authority, name: str, *paths: Path, **more: str
) -> "subprocess.CompletedProcess[str]":
    command = [program("storescu"), "-v", *presenting(authority, name)]
    command += ["-aet", more.get("calling", "CLINIC1"), "-aec", "READHUB"]
    return run(command, store, *map(str, paths))


def presenting(authority: Authority, name: str) -> list[str]:
    """DCMTK's options for TLS with the certificate of `name`."""
    pair = Pair(authority.root.with_name(f"{name}.pem"), authority.root.with_name(f"{name}.key"))
    return ["+tls", str(pair.key), str(pair.certificate), "+cf", str(authority.root)]


def run(command: list[str], store: Store, *files: str) -> "subprocess.CompletedProcess[str]":
    address = store.settings.dicom_tls_address
    assert address is not None
    return subprocess.run(
        [*command, address[0], str(address[1]), *files],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip


class Asking:
    """DCMTK's query tools over TLS, as a site with its certificate.

    Its getscu and movescu know no TLS of their own: they go through a tunnel, as sites' stations often do.
    """

    def __init__(self, program: Callable[[str], str], store: Store, authority: Authority) -> None:
        self._program, self._store, self._authority = program, store, authority

    def __call__(self, tool: str, *more: str, name: str = "east", calling: str = "CLINIC1") -> str:
        keys = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={ROOT_UID}.1"]
        command = [self._program(tool), "-v", "-aet", calling, "-aec", "READHUB", *keys, *more]
        if tool == "findscu":
            return run([*command, *presenting(self._authority, name)], self._store).stdout
        with tunnel(self._store, self._authority, name) as port:
            done = subprocess.run(
                [*command, "127.0.0.1", str(port)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
            )  # fmt: skip
        return done.stdout


def presented(authority: Authority, name: str) -> ssl.SSLContext:
    """Return what a client needs that presents the certificate of `name`."""
    context = ssl.create_default_context(cafile=str(authority.root))
    context.load_cert_chain(authority.root.with_name(f"{name}.pem"), authority.root.with_name(f"{name}.key"))
    return context


@contextlib.contextmanager
def tunnel(store: Store, authority: Authority, name: str) -> Iterator[int]:
    """Listen at a port and hand one connection on over TLS, with the certificate of `name`."""
    context = presented(authority, name)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def carry() -> None:
            near, _ = listener.accept()
            address = store.settings.dicom_tls_address
            assert address is not None
            plain = socket.create_connection(address)
            with near, context.wrap_socket(plain, server_hostname="127.0.0.1") as far:
                while carried(near, far):
                    continue

        carrier = threading.Thread(target=carry)
        carrier.start()
        yield listener.getsockname()[1]
        carrier.join(30)


def carried(near: socket.socket, far: ssl.SSLSocket) -> bool:
    """Carry what came on either side to the other; False once one has ended. One thread: so TLS wants it."""
    ready = [far] if far.pending() else select.select([near, far], [], [], 60)[0]
    for source, target in ((near, far), (far, near)):
        if source not in ready:
            continue
        far.settimeout(0)  # a record that holds no data of the peer's is no reason to wait for one
        try:
            block = source.recv(65536)
        except ssl.SSLWantReadError:
            continue
        except OSError:
            return False
        if not block:
            return False
        far.settimeout(60)
        target.sendall(block)
    return bool(ready)


@pytest.fixture
def asking(
    secured: Store, authority: Authority, program: Callable[[str], str], slices: Callable[..., list[Path]]
) -> Asking:
    """The hub holds a study of two slices of east; another certificate is west's."""
    authority.pair("west")
    storescu(program, secured, authority, "east", *slices(2))
    ready(secured, f"{ROOT_UID}.1")
    return Asking(program, secured, authority)


def test_a_study_is_found_over_tls_by_its_own_site_alone(asking: Asking) -> None:
    found = f"[{ROOT_UID}.1]"
    assert asking("findscu").count(found) == 2  # the question, and one answer
    assert asking("findscu", name="west", calling="CLINIC2").count(found) == 1
    assert "Calling AE Title Not Recognized" in asking("findscu", name="west")


def test_storage_commitment_is_asked_for_over_tls_by_a_site_with_its_certificate(
    asking: Asking, secured: Store, authority: Authority
) -> None:
    with secured.writing() as session:
        node = ReturnNode("CLINIC1", "127.0.0.1", 104)
        add_device(session, sites.site_named(session, "east"), "CLINIC1", node=node)
    entity = Asker("CLINIC1")
    entity.add_requested_context(PUSH_MODEL)
    request = Dataset()
    request.TransactionUID, item = generate_uid(), Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, "1.2.3"
    request.ReferencedSOPSequence = [item]

    def ask(name: str) -> int | None:
        where = secured.settings.dicom_tls_address
        assert where is not None
        association = entity.associate(
            *where, ae_title="READHUB", tls_args=(presented(authority, name), "127.0.0.1")
        )
        if not association.is_established:
            return None
        status, _ = association.send_n_action(request, 1, PUSH_MODEL, PUSH_MODEL_INSTANCE)
        association.release()
        return int(status.Status)

    wait_a_moment()
    assert (ask("east"), ask("west")) == (0x0000, None)
    with secured.reading() as session:
        assert [(row.calling_ae, row.state) for row in session.query(Commitment)] == [("CLINIC1", "asked")]


def test_a_study_is_got_over_tls_by_its_own_site_alone(asking: Asking, tmp_path: Path) -> None:
    for name, calling, count in (("east", "CLINIC1", 2), ("west", "CLINIC2", 0), ("west", "CLINIC1", 0)):
        folder = tmp_path / f"got-{name}-{calling}"
        folder.mkdir()
        asking("getscu", "-od", str(folder), name=name, calling=calling)
        assert len(list(folder.iterdir())) == count


def test_a_study_is_moved_over_tls_to_a_node_of_its_own_site_alone(
    asking: Asking, secured: Store, storescp: Any
) -> None:
    with storescp() as (node, folder):
        with secured.writing() as session:
            add_device(session, sites.site_named(session, "east"), "ANY-SCP", node=node)
        assert "MoveDestinationUnknown" in asking(
            "movescu", "-aem", "ANY-SCP", name="west", calling="CLINIC2"
        )
        assert list(folder.iterdir()) == []
        assert "(Success)" in asking("movescu", "-aem", "ANY-SCP")
        assert len(list(folder.iterdir())) == 2


def test_a_site_is_served_over_tls_with_its_own_certificate(
    secured: Store, authority: Authority, program: Callable[[str], str], slices: Callable[..., list[Path]]
) -> None:
    assert "(Success)" in storescu(program, secured, authority, "east", *slices(2)).stdout
    assert len(list(secured.vault.keys())) == 2


def test_another_certificate_of_the_same_authority_is_not_the_sites(
    secured: Store, authority: Authority, program: Callable[[str], str], slices: Callable[..., list[Path]]
) -> None:
    authority.pair("west")
    said = storescu(program, secured, authority, "west", *slices(1)).stdout
    assert "Calling AE Title Not Recognized" in said
    assert "(Success)" in storescu(program, secured, authority, "west", *slices(1), calling="CLINIC2").stdout


def test_a_bound_site_is_not_accepted_without_tls(secured: Store, dcmtk: Callable[..., object]) -> None:
    assert "Calling AE Title Not Recognized" in dcmtk("echoscu", secured.settings).stdout  # type: ignore[attr-defined]


def test_a_certificate_of_a_stranger_ends_in_the_handshake(
    secured: Store, authority: Authority, program: Callable[[str], str], tmp_path: Path,
    slices: Callable[..., list[Path]],
) -> None:  # fmt: skip
    stranger = Authority(tmp_path / "elsewhere").pair("stranger")
    for path in (stranger.certificate, stranger.key):
        (authority.root.parent / path.name).write_bytes(path.read_bytes())
    assert storescu(program, secured, authority, "stranger", *slices(1)).returncode != 0
    assert not list(secured.vault.keys())


def client(authority: Authority, newest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.root))
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    context.set_ciphers("ALL:@SECLEVEL=0")
    pair = authority.pair("client")
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def test_a_version_before_1_2_is_refused_and_1_2_is_not(secured: Store, authority: Authority) -> None:
    def shake(newest: ssl.TLSVersion) -> str | None:
        address = secured.settings.dicom_tls_address
        assert address is not None
        with socket.create_connection(address, timeout=30) as plain:
            context = client(authority, newest)
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as peer:
                return peer.version()

    assert shake(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake(ssl.TLSVersion.TLSv1_1)


def test_sixty_four_stalled_handshakes_hold_nobody_up(
    secured: Store, authority: Authority, program: Callable[[str], str], slices: Callable[..., list[Path]]
) -> None:
    address = secured.settings.dicom_tls_address
    assert address is not None
    with contextlib.ExitStack() as stack:
        for number in range(64):
            peer = stack.enter_context(socket.create_connection(address, timeout=30))
            peer.sendall(bytes.fromhex("160301020001")[: number % 7])
        began = time.monotonic()
        assert "(Success)" in storescu(program, secured, authority, "east", *slices(1)).stdout
        seconds = time.monotonic() - began
        print(f"first answer after {seconds:.2f} s")
        assert seconds < 8


def test_a_release_over_tls_is_answered(secured: Store, authority: Authority) -> None:
    address = secured.settings.dicom_tls_address
    assert address is not None
    context = client(authority, ssl.TLSVersion.TLSv1_3)
    with (
        socket.create_connection(address, timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as peer,
    ):
        peer.sendall(associate_rq(calling="CLINIC2"))
        assert peer.recv(4096)[0] == 2
        peer.sendall(RELEASE)
        assert peer.recv(10)[0] == RELEASE_RP


def test_what_is_no_certificate_is_refused_in_words(secured: Store) -> None:
    with secured.writing() as session:
        site = sites.site_named(session, "west")
        sites.bind_certificate(site, ":".join(["AB"] * 32))
        assert site.certificate == "ab" * 32
        sites.bind_certificate(site, "none")
        assert site.certificate is None
        for wrong in ("abc", "-----BEGIN CERTIFICATE-----"):
            with pytest.raises(Refused):
                sites.bind_certificate(site, wrong)


def test_tls_without_its_files_is_a_fault_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SetupFault, match="DICOM_TLS_CERTIFICATE"):
        read_settings(data_dir=tmp_path, dicom_tls="127.0.0.1:2762")
