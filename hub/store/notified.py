"""On PostgreSQL the bell rings on every host: NOTIFY from one is passed on to the bells of the others."""

import threading
from typing import Any

import structlog

from hub.store.bells import ring
from hub.store.engine import CHANNEL, Store

log = structlog.get_logger("hub.notified")

#: Seconds until a lost connection is tried again; until then the sweeps find what changed.
AGAIN_SECONDS = 2.0


def pass_on_notifications(store: Store) -> threading.Thread | None:
    """Start ringing this host's bells for commits of every host; None on a database without NOTIFY."""
    if store.engine.dialect.name != "postgresql":
        return None
    thread = threading.Thread(target=_listen_for_ever, args=(store,), name="notified", daemon=True)
    thread.start()
    return thread


def _listen_for_ever(store: Store) -> None:
    while True:
        try:
            _listen(store)
        except Exception as error:  # the driver's own errors: it is asked past SQLAlchemy
            log.warning("notifications are away", error=type(error).__name__)
            threading.Event().wait(AGAIN_SECONDS)


def _listen(store: Store) -> None:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"LISTEN {CHANNEL}")
        for _notification in driver.notifies():
            ring(store.bells)
