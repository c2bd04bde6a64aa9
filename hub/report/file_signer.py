"""A signing key kept in a file of the data folder, with a certificate that it signed for itself."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.errors import SetupFault

KEY_FILE = "report-signer.pem"
_YEARS = 10
#: X.520 bounds both names at 64 characters (ub-organization-name, ub-common-name, RFC 5280 A.1); the library
#: counts the common name in bytes, 21 Chinese characters.
_NAME_LIMIT = 64


@dataclass(frozen=True)
class FileSigner:
    """An EC P-256 key from a file; see `hub.report.pades.PdfSigner`."""

    certificates: tuple[bytes, ...]
    expires_at: datetime
    _key: ec.EllipticCurvePrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the ECDSA signature over the SHA-256 of `data`, in DER."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def __repr__(self) -> str:
        return f"FileSigner(expires_at={self.expires_at:%Y-%m-%d})"


def make_file_signer(folder: Path, organisation: str) -> FileSigner:
    """Return the signer kept in `folder`, made there on first use; of two first uses at once one wins.

    Raises SetupFault when the file can be read by others, is not such a key, or its certificate ran out.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _keep(path, _new_key_and_certificate(organisation))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SetupFault(f"{path} may be read by others; set its mode to 0600")
    try:
        signer = _read(path.read_bytes())
    except (ValueError, TypeError) as error:
        raise SetupFault(f"{path} is not a P-256 key with its certificate: {error}") from None
    if signer.expires_at <= datetime.now(UTC):
        raise SetupFault(f"the certificate in {path} ran out; put the file away and a new one will be made")
    return signer


def _read(pem: bytes) -> FileSigner:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("another kind of key")
    certificate = x509.load_pem_x509_certificate(pem)
    if certificate.public_key() != key.public_key():
        raise ValueError("the certificate is another key's")
    der = certificate.public_bytes(serialization.Encoding.DER)
    return FileSigner((der,), certificate.not_valid_after_utc, key)


def _keep(path: Path, pem: bytes) -> None:
    """Write durably under a private name, then link: whoever links first has made the key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{KEY_FILE}.{uuid4().hex}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _new_key_and_certificate(organisation: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*plain) + _self_signed(key, organisation).public_bytes(
        serialization.Encoding.PEM
    )


def _self_signed(key: ec.EllipticCurvePrivateKey, organisation: str) -> x509.Certificate:
    whole = organisation.strip()[:_NAME_LIMIT] or "Reading Hub"
    short = whole.encode()[:_NAME_LIMIT].decode(errors="ignore")
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, whole), x509.NameAttribute(NameOID.COMMON_NAME, short)]
    )
    begin = datetime.now(UTC) - timedelta(days=1)  # clocks of those who check may be behind
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
