"""The processes that make up a hub, in the order they start, and when each of them serves."""

import sys
from collections.abc import Callable

from hub.demo import TOWNSHIP_AE, township_address
from hub.settings import Settings
from hub.store.sites import ReturnNode
from hub.supervisor.child import ChildPlan
from hub.supervisor.probe import listens, page_is_ok
from workers import broker


def hub_parts(settings: Settings) -> list[list[ChildPlan]]:
    """Return the stages of a whole hub: the broker where it is ours, the workers, what faces the world."""
    from dicom.echo import answers_echo, echo

    serving = [
        _part("scp", lambda: answers_echo(settings)),
        _part("watch"),
        *(_part(f"scp-{number}", words=("scp",)) for number in range(2, settings.receiver_processes + 1)),
        _part("web", lambda: page_is_ok(settings.http_address, "/readyz")),
    ]
    if settings.hl7:
        serving.append(_part("hl7", lambda: listens(settings.hl7_address)))
    if settings.demo:
        township = ReturnNode(TOWNSHIP_AE, *township_address(settings))
        serving.append(_part("township", lambda: echo(township, settings.ae_title)))
    if not broker.is_embedded(settings):
        return [worker_parts(), serving]
    first = ChildPlan("broker", broker.broker_command(settings), lambda: broker.answers(settings))
    return [[first], worker_parts(), serving]


def worker_parts() -> list[ChildPlan]:
    """Return the relay and one worker per queue; each serves as soon as it runs."""
    return [
        _part("relay"),
        _part("worker-read", words=("worker", "--queue", "read")),
        _part("worker-post", words=("worker", "--queue", "post")),
    ]


def _part(name: str, ready: Callable[[], bool] = lambda: True, words: tuple[str, ...] = ()) -> ChildPlan:
    # -P: a folder named like a room in the working directory must not shadow ours.
    return ChildPlan(name, (sys.executable, "-P", "-m", "readhub", *(words or (name,))), ready)
