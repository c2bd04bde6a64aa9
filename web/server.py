"""The web server: gunicorn, started by the hub, with a thread for each page that listens."""

import importlib
import logging
import os
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from hub.settings import Settings
from hub.store import open_store
from hub.supervisor.parent import die_with_parent
from web.refused import write_what_waits

PROCESSES = 2
#: A stopping process gives its answers this long; streams of events end at once.
GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 15
LONGEST_REQUEST_LINE = 8190


class HubLogger(Logger):
    """Sends gunicorn's own messages to the hub's log; no request is logged: its address names patients."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers to the hub's log."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.loglevel = logging.INFO
        self.error_log.propagate = True
        self.error_log.handlers.clear()
        self.error_log.setLevel(self.loglevel)
        self.access_log.disabled = True


class HubWorker(ThreadWorker):
    """A process of threads that ends its event streams before it waits for them."""

    #: gunicorn sets it once the application is made; a stop may come before that.
    wsgi: Any = None

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Close every stream, then stop as gunicorn does."""
        self._close_ears()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Close every stream, then stop as gunicorn does."""
        self._close_ears()
        super().handle_quit(sig, frame)

    def _close_ears(self) -> None:
        ears = getattr(self.wsgi, "extensions", {}).get("ears")
        if ears is not None:
            ears.close()


class HubServer(BaseApplication):
    """The application and how gunicorn serves it."""

    def __init__(self, settings: Settings) -> None:
        """Serve the hub of `settings`."""
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn would otherwise read from files and the environment."""
        host, port = self._settings.http_address
        chosen = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": PROCESSES,
            "worker_class": HubWorker,
            "threads": self._settings.web_threads,
            "worker_connections": self._settings.web_threads * 4,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "limit_request_line": LONGEST_REQUEST_LINE,
            "logger_class": HubLogger,
            "control_socket_disable": True,
            "post_fork": _tether,
            "worker_exit": _last_words,
            "proc_name": "readhub-web",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application in each process: connections and threads are never shared over a fork."""
        from web.app import make_app

        return make_app(open_store(self._settings), self._settings)


def run(settings: Settings) -> None:
    """Serve the pages until told to stop."""
    # Imported once, before the fork: a process that is started again serves two seconds sooner.
    importlib.import_module("web.app").all_pages()
    HubServer(settings).run()


def _last_words(_arbiter: Any, worker: Any) -> None:
    """Write what a stopping process has counted and not yet written."""
    if "refusals" in getattr(worker.wsgi, "extensions", {}):
        write_what_waits(worker.wsgi)


def _tether(arbiter: Any, _worker: Any) -> None:
    die_with_parent(arbiter.pid or os.getppid())
