"""A device for one self-test: how it calls, and where it is told results."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pynetdicom import build_context, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from dicom.commitment import PUSH_MODEL, Result, result_in
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.entity import Patience, associated, local_entity
from dicom.selftest.traces import new_title
from dicom.status import SUCCESS
from hub.store import Store
from hub.store.devices import device_named, edit_device
from hub.store.sites import ReturnNode
from hub.supervisor.probe import reachable

#: A running hub takes on a device within two seconds.
TAKEN_ON_SECONDS = 2.0


class TestDevice:
    """What a self-test calls with, and what was told to it."""

    __test__ = False

    def __init__(self, store: Store, site: str, port: int) -> None:
        """Be a device of `site` that listens on `port` of this machine."""
        self.store, self.site = store, site
        self.title = new_title()
        self.node = ReturnNode(self.title, "127.0.0.1", port)
        settings = store.settings
        host, hub_port = settings.dicom_address
        self.hub = ReturnNode(settings.ae_title, reachable(host), hub_port)
        self.results: list[Result] = []

    @contextmanager
    def asking(self, *contexts: PresentationContext) -> Iterator[Association]:
        """Give an association with the hub."""
        with associated(self.hub, self.title, contexts, Patience(5, 10, 30)) as association:
            yield association

    def reads(self, character_set: str) -> None:
        """Be answered in another character set from now on."""
        with self.store.writing() as session:
            edit_device(device_named(session, self.title), character_set=character_set)

    def told(self, transaction_uid: str, seconds: float) -> Result | None:
        """Wait for the result of a commitment."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for result in self.results:
                if result.transaction_uid == transaction_uid:
                    return result
            time.sleep(0.1)
        return None


def new_device(store: Store, site: str) -> TestDevice:
    """Return a device of `site` with a title and a port that nobody has; it is not registered yet."""
    return TestDevice(store, site, _free_port())


@contextmanager
def listening(device: TestDevice) -> Iterator[None]:
    """Listen for the results that `device` is told, once the running hub knows it."""
    context = build_context(PUSH_MODEL, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
    context.scu_role = context.scp_role = True

    def take(event: Event) -> tuple[int, None]:
        device.results.append(result_in(event.event_information))
        return SUCCESS, None

    entity = local_entity(device.title)
    handlers: list[evt.EventHandlerType] = [(evt.EVT_N_EVENT_REPORT, take)]
    server = entity.make_server(
        (device.node.host, device.node.port), contexts=[context], evt_handlers=handlers
    )
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    entity._servers.append(server)  # type: ignore[arg-type]  # its shutdown() takes itself off this list
    try:
        time.sleep(TAKEN_ON_SECONDS)
        yield
    finally:
        server.shutdown()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
