"""The Celery application: it carries errand ids, and nothing else, from the relay to the workers."""

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from celery import Celery, signals

from hub.settings import Settings
from hub.supervisor.parent import die_with_parent
from workers.broker import broker_url
from workers.bundle import Clerk, run_errands
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

TASK = "readhub.errand"
#: "read" is for the models, one process per core; "post" waits for peers and disks in threads.
QUEUES = ("read", "post")
POST_THREADS = 16


@cache
def celery_app(settings: Settings) -> Celery:
    """Return the application for this hub's broker."""
    app = Celery("readhub", broker=broker_url(settings))
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 900,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
        },
        task_publish_retry=False,
    )
    return app


def send_errands(settings: Settings, errand_ids: Sequence[int], queue: str) -> None:
    """Give the broker one message of errand ids; raises kombu's OperationalError when it is away."""
    celery_app(settings).send_task(TASK, args=(list(errand_ids),), queue=queue)


def run_worker(settings: Settings, queue: str) -> None:
    """Work on one queue until told to stop."""
    app = celery_app(settings)
    seat = _Seat(settings)
    app.task(name=TASK)(seat.take_up)
    signals.worker_process_init.connect(_die_with_parent, weak=False)
    pool = ["--pool=prefork", f"--concurrency={settings.worker_processes}"]
    if queue == "post":
        pool = ["--pool=threads", f"--concurrency={POST_THREADS}"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    app.worker_main(["worker", f"--queues={queue}", f"--hostname={queue}@%h", *pool, *quiet])


class _Seat:
    """Where errands are worked on; the desk is opened after the fork, never shared across it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _desk(self) -> Desk:
        return Desk(self._settings)

    @cached_property
    def _clerk(self) -> Clerk:
        return Clerk(self._desk)

    def take_up(self, errand_ids: list[int] | int) -> None:
        """Work on the errands of one message, those that are still to be had."""
        ids = [errand_ids] if isinstance(errand_ids, int) else errand_ids
        if len(ids) == 1:
            run_errand(self._desk, ids[0], _kinds())
        else:
            run_errands(self._desk, ids, _kinds(), self._clerk)


@cache
def _kinds() -> dict[str, Any]:
    return dict(errand_kinds())


@cache
def queue_of(kind: str) -> str:
    """Return the queue for a kind of errand."""
    return str(getattr(_kinds().get(kind), "QUEUE", "post"))


def _die_with_parent(**_: object) -> None:
    die_with_parent()
