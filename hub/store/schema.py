"""The schema: brought up to date by Alembic, the audit trail guarded by triggers."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from hub.settings import Settings
from hub.store import embedded
from hub.store.engine import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(settings: Settings, revision: str = "head") -> str:
    """Bring the database to a schema, the newest, and return the newest revision. Safe to repeat."""
    engine = make_engine(settings)
    embeds = engine.dialect.name == "sqlite"
    if embeds:
        event.listen(engine, "connect", embedded.without_references)
    try:
        with engine.execution_options(immediate=True).begin() as connection:
            was = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if embeds and was not in (None, newest()):
                embedded.check_references(connection)
    finally:
        engine.dispose()
    if embeds:
        _make_private(settings)
    return newest()


def newest() -> str:
    """Return the newest revision that this version of the hub knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(settings: Settings) -> str | None:
    """Return the revision of the database, or None when it is empty."""
    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _make_private(settings: Settings) -> None:
    for path in settings.data_dir.glob("hub.sqlite3*"):
        path.chmod(0o600)
