"""The database: opening it, writing to it one transaction at a time, and ringing the bell after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub.errors import Refused
from hub.run_folder import run_folder
from hub.settings import Settings
from hub.store import embedded
from hub.store.bells import ring
from hub.store.prepared import on_driver
from hub.store.site_copy import copy_sites
from hub.store.tables import Device, Site
from hub.store.vault import Vault

#: The same for PostgreSQL, which would wait for ever; a statement that runs longer than this is stuck.
POSTGRESQL_LIMITS = f"-c lock_timeout={embedded.LOCK_SECONDS}s -c statement_timeout=60s"
POSTGRESQL_CONNECT_SECONDS = 5
#: The name under which PostgreSQL tells every host of a commit.
CHANNEL = "readhub"

#: Set among a session's own notes once it wrote a site or device.
SITES_WRITTEN = "sites written"

A_BACKUP = "%(folder)s is a backup: `readhub restore` it into an empty folder first"

log = structlog.get_logger("store")


class Store:
    """The hub's rows and files. `writing()` and `reading()` are the only ways in."""

    def __init__(self, settings: Settings) -> None:
        """Open the database and vault of `settings`; nothing is created but folders."""
        self.settings = settings
        self.engine = make_engine(settings)
        self.vault = Vault(settings.data_dir / "files", settings.data_dir / "incoming")
        self.bells = run_folder(settings.data_dir) / "bells"
        self._immediate = self.engine.execution_options(immediate=True)
        self._noting = self.engine.execution_options(immediate=True, lasting=False)

    @contextmanager
    def writing(self, quietly: bool = False) -> Iterator[Session]:
        """Give a session in a write transaction; commit at the end, roll back on any error.

        Every open page and worker is told of the commit by bell; `quietly` is for what concerns none of them.
        """
        with self._committing(self._immediate, quietly) as session:
            yield session

    @contextmanager
    def noting(self, quietly: bool = False) -> Iterator[Session]:
        """As `writing`, for what may be undone by a loss of power because it would only be done again.

        The commit does not wait for the disk. A later one that does brings this one to the disk first.
        """
        with self._committing(self._noting, quietly) as session:
            yield session

    def indexer(self) -> "Indexer":
        """Return who writes rows that durable files give back when the hub starts (`adopt_orphans`)."""
        if self.engine.dialect.name == "sqlite":
            return EmbeddedIndexer(self, self._noting)
        return Indexer(self, self._immediate)

    def tell(self) -> None:
        """Tell every open page and worker that something was committed."""
        ring(self.bells)
        self._notify()

    def bring_to_disk(self) -> None:
        """Let what `indexing` and `noting` committed survive a loss of power."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def _committing(self, engine: Engine, quietly: bool = False) -> Iterator[Session]:
        with _Watched(engine, expire_on_commit=False) as session, session.begin():
            yield session
        if session.info.get(SITES_WRITTEN):
            self.copy_sites()
        if not quietly:
            self.tell()

    def copy_sites(self) -> None:
        """Keep the site table's copy up to date; what was committed stays, whether or not that succeeds."""
        try:
            copy_sites(self.engine, self.settings.data_dir)
        except (OSError, SQLAlchemyError) as error:
            log.warning("the copy of the sites could not be written", kind=type(error).__name__)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state; what is changed in it is not kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def _notify(self) -> None:
        if self.engine.dialect.name == "postgresql":
            with self.engine.connect() as connection:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
                connection.commit()


class Indexer:
    """Writes one transaction at a time, on a bare connection: a session costs more than an arrival's rows."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store, self._engine = store, engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection in a write transaction; commit at the end, roll back on any error."""
        with self._engine.connect() as connection, connection.begin():
            yield connection
        self._store.tell()


class EmbeddedIndexer(Indexer):
    """The embedded database loses power together with what starts anew after it, so its commit need not wait
    for the disk. Its connection is kept, and told by the driver itself what SQLAlchemy would take longer for.
    """

    _kept: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection in a write transaction; commit at the end, roll back on any error."""
        connection, self._kept = self._kept or self._engine.connect(), None
        try:
            embedded.begin(connection)
            yield connection
            if connection.in_transaction():  # somebody `joined`
                connection.commit()
            else:
                on_driver(connection, "COMMIT")
        except BaseException:
            connection.close()  # the pool rolls back what is given back to it
            raise
        self._kept = connection
        self._store.tell()


@contextmanager
def joined(connection: Connection) -> Iterator[Session]:
    """Give a session that writes in the transaction of `connection`, which somebody else commits."""
    if not connection.in_transaction():
        connection.begin()
    with Session(connection, expire_on_commit=False) as session:
        yield session
        session.flush()


class _Watched(Session):
    """A session that remembers whether it wrote sites or devices."""


@event.listens_for(_Watched, "after_flush")
def _see_sites(session: Session, _context: object) -> None:
    if any(isinstance(row, Site | Device) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info[SITES_WRITTEN] = True


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def make_engine(settings: Settings) -> Engine:
    """Return an engine for the hub's database, SQLite in WAL mode unless configured otherwise."""
    if settings.url.startswith("sqlite"):
        if (settings.data_dir / embedded.BACKUP_MARK).is_file():
            raise Refused(A_BACKUP, folder=settings.data_dir)
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = create_engine(
            settings.url,
            pool_size=4,
            max_overflow=32,
            hide_parameters=True,
            connect_args={"timeout": embedded.LOCK_SECONDS},
        )
        event.listen(engine, "connect", embedded.prepare)
        event.listen(engine, "begin", embedded.begin)
        return engine
    limits = {"connect_timeout": POSTGRESQL_CONNECT_SECONDS, "options": POSTGRESQL_LIMITS}
    engine = create_engine(
        settings.url, pool_pre_ping=True, pool_size=4, max_overflow=32, connect_args=limits
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("lasting", True):
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
