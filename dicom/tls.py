"""TLS for DICOM: the BCP 195 profile (PS3.15 B.9), each client known by its certificate."""

import hashlib
import socket
import ssl

from dicom.pdu_stream import Gone
from hub.errors import SetupFault
from hub.settings import Settings

#: Forward secrecy and authenticated encryption only (RFC 9325 4.2).
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def server_context(settings: Settings) -> ssl.SSLContext:
    """Return the context of the TLS listener. Raises SetupFault naming the file that does not serve."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.verify_mode = ssl.CERT_REQUIRED
    certificate, key = settings.dicom_tls_certificate, settings.dicom_tls_key
    assert certificate is not None
    try:
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(settings.dicom_tls_clients)
    except (OSError, ssl.SSLError) as error:
        files = f"{certificate}, {key}, {settings.dicom_tls_clients}"
        raise SetupFault(f"TLS cannot be served with {files}: {type(error).__name__}") from None
    return context


def wrapped(connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return the connection under TLS; no word of it was exchanged yet."""
    return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


def shaken(connection: ssl.SSLSocket, seconds: float) -> str:
    """Do the handshake and return the client certificate's SHA-256. Raises Gone where it fails."""
    connection.settimeout(seconds)
    try:
        connection.do_handshake()
        certificate = connection.getpeercert(binary_form=True)
    except (OSError, ValueError) as error:
        raise Gone(type(error).__name__) from error
    return hashlib.sha256(certificate or b"").hexdigest()
