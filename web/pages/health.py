"""Whether the hub lives and serves, for machines: ok, or the name of the part that does not."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub.run_folder import run_folder
from hub.settings import Settings
from hub.store import Store
from hub.store.schema import current, newest
from hub.supervisor.probe import reachable
from web.access import the_store

pages = Blueprint("health", __name__)

ANSWER_SECONDS = 1.0
BROKER_SOCKET = "broker.sock"
DEFAULT_BROKER_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}

Answer = tuple[str, int, dict[str, str]]
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


@pages.get("/healthz")
def healthz() -> Answer:
    """Say that this process answers."""
    return "ok\n", 200, PLAIN


@pages.get("/readyz")
def readyz() -> Answer:
    """Say ok when a study could be received, read and sent, else name the first part that is missing."""
    store = the_store()
    checks = (("database", _database), ("broker", _broker), ("dicom", _dicom))
    missing = next((name for name, serves in checks if not serves(store)), "")
    return (f"{missing}\n", 503, PLAIN) if missing else ("ok\n", 200, PLAIN)


def _database(store: Store) -> bool:
    try:
        with store.reading() as session:
            session.execute(text("SELECT 1"))
        return current(store.settings) == newest()
    except (SQLAlchemyError, OSError):
        return False


def _broker(store: Store) -> bool:
    url = store.settings.broker_url
    if url is None:
        return _takes_unix(run_folder(store.settings.data_dir) / BROKER_SOCKET)
    parts = urlsplit(url.get_secret_value())
    if "socket" in parts.scheme or parts.scheme == "unix":
        return _takes_unix(Path(parts.path))
    port = parts.port or DEFAULT_BROKER_PORTS.get(parts.scheme, 6379)
    return _takes_tcp((parts.hostname or "127.0.0.1", port))


def _dicom(store: Store) -> bool:
    return _takes_tcp(dicom_at(store.settings))


def dicom_at(settings: Settings) -> tuple[str, int]:
    """Return where this machine reaches the hub's DICOM port."""
    host, port = settings.dicom_address
    return reachable(host), port


def _takes_tcp(where: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(where, timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False


def _takes_unix(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(ANSWER_SECONDS)
            probe.connect(str(path))
            return True
    except OSError:
        return False
