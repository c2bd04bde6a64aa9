"""Signs a PDF as PAdES (ETSI EN 319 142-1, baseline B-B) with whatever holds the organisation's key."""

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

_DIGEST = "sha256"
_FIELD = "ReportSignature"
#: Room for the CMS container beside its certificates: attributes, digests and an RSA-4096 signature.
_CMS_BYTES = 4096


class PdfSigner(Protocol):
    """Holds a key and its certificate; a file, a token or a CA's gateway can each be one."""

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """DER certificates, the signer's own first, its issuers after it."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over the SHA-256 of `data` (ECDSA in DER, or RSA PKCS #1 v1.5)."""


def sign_pdf(pdf: bytes, signer: PdfSigner, name: str, reason: str, at: datetime) -> bytes:
    """Return `pdf` with a signature appended that allows no later change.

    `name` is the doctor in whose name is signed, `at` the instant with its offset. The bytes before the
    signature stay as they were. May be called with or without a running event loop, from any thread.
    """
    if at.tzinfo is None:
        raise ValueError("the instant of signing must carry its offset from UTC")
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm=_DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        name=name,
        reason=reason,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    return _finished(_signed(pdf, _DatedSigner(metadata, _RawSigner(signer), at)))


async def _signed(pdf: bytes, signer: "_DatedSigner") -> bytes:
    out = await signer.async_sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=signer.bytes_needed
    )
    return bytes(out.getvalue())


def _finished(coroutine: Coroutine[Any, Any, bytes]) -> bytes:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as pool:  # a running loop cannot be entered again from its own thread
        return pool.submit(asyncio.run, coroutine).result()


class _RawSigner(signers.Signer):
    """Lets pyHanko build the CMS and leaves the key's part to a PdfSigner."""

    def __init__(self, keeper: PdfSigner) -> None:
        certificates = [x509.Certificate.load(der) for der in keeper.certificates]
        store = SimpleCertificateStore()
        store.register_multiple(certificates)
        super().__init__(signing_cert=certificates[0], cert_registry=store, prefer_pss=False)
        self._keeper = keeper

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Return the keeper's signature; only SHA-256 is ever asked for."""
        return self._keeper.sign(data)


class _DatedSigner(signers.PdfSigner):
    """Writes the instant of signing that it was given, not the clock's."""

    def __init__(self, metadata: signers.PdfSignatureMetadata, signer: _RawSigner, at: datetime) -> None:
        super().__init__(metadata, signer)
        self._at = at
        #: Hexadecimal digits that the container may take up in the file.
        self.bytes_needed = 2 * (_CMS_BYTES + sum(len(der) for der in signer._keeper.certificates))

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        """Return pyHanko's session, dated."""
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._at
        return session
