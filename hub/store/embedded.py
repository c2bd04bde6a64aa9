"""The embedded database: one writer at a time, in turn, and what a commit waits for."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection

from hub.store.prepared import on_driver, raised

#: Lies in every backup: a folder that has it is opened by nobody, who would alter what it lists.
BACKUP_MARK = "SHA256SUMS"
#: A C-STORE answers within 20 s, else 0xA700: a wait for its turn and one for the database fit in.
LOCK_SECONDS = 9
#: Pages of 4 KB in the log before they go into the database: whoever commits then has that to do as well.
CHECKPOINT_PAGES = 4000
#: Whoever waits for the write lock looks again after so long, and ever more seldom; SQLite's own steps soon
#: are 10 ms and more, while most locks are held for two.
SHORTEST_STEP, LONGEST_STEP = 0.0003, 0.004


def prepare(connection: Any, _record: Any) -> None:
    """WAL with FULL: a commit that was answered for survives the loss of power, not only of the process."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def without_references(connection: Any, _record: Any) -> None:
    """Let a table be copied and dropped to which others refer, as migrations do here; check afterwards."""
    connection.execute("PRAGMA foreign_keys=OFF")


def check_references(connection: Connection) -> None:
    """Raise IntegrityError where a row refers to one that is not there."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")


def begin(connection: Connection) -> None:
    """A writer takes the lock at once: a read turned write would fail with "database is locked"."""
    driver: Any = connection.connection.driver_connection
    if driver.in_transaction:
        return  # an `EmbeddedIndexer` began it
    options = connection.get_execution_options()
    if not options.get("immediate", False):
        _wait_for_locks(connection, LOCK_SECONDS)
        on_driver(connection, "BEGIN")
        return
    _wait_for_the_disk(connection, options.get("lasting", True))
    _take_turn(connection, driver)


def _take_turn(connection: Connection, driver: Any) -> None:
    """Begin to write as soon as nobody else does. Raises OperationalError after LOCK_SECONDS."""
    began = time.monotonic()
    _wait_for_locks(connection, 0)
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - began
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or waited > LOCK_SECONDS:
                raise raised(connection, "BEGIN IMMEDIATE", error) from error
        time.sleep(min(LONGEST_STEP, SHORTEST_STEP + waited / 4))


def _wait_for_locks(connection: Connection, seconds: int) -> None:
    """Whoever has the write lock waits for no other, so what was set for taking it may stay."""
    if connection.info.get("patience", LOCK_SECONDS) != seconds:
        on_driver(connection, f"PRAGMA busy_timeout={seconds * 1000}")
        connection.info["patience"] = seconds


def _wait_for_the_disk(connection: Connection, lasting: bool) -> None:
    """In WAL mode NORMAL leaves the log to the next FULL commit, which writes it in its order."""
    if connection.info.get("lasting", True) != lasting:
        on_driver(connection, f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
        connection.info["lasting"] = lasting
