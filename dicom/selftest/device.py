"""A device for one self-test: registered for its site, with a place for results, and closed afterwards."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pynetdicom import build_context, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from sqlalchemy import select

from dicom.commitment import PUSH_MODEL, Result, result_in
from dicom.contexts import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.entity import Patience, associated, local_entity
from dicom.status import SUCCESS
from hub.domain.scope import HUB
from hub.store import Store, audit
from hub.store.devices import add_device, device_named, edit_device
from hub.store.moves import can_move, move_study
from hub.store.orders import move_order, order_for
from hub.store.sites import ReturnNode, site_named
from hub.store.tables import Study
from hub.supervisor.probe import reachable

#: A running hub takes on a device within two seconds.
TAKEN_ON_SECONDS = 2.0


class TestDevice:
    """What a self-test calls with, and what was told to it."""

    __test__ = False

    def __init__(self, store: Store, site: str, port: int) -> None:
        """Be a device of `site` that listens on `port` of this machine."""
        self.store, self.site = store, site
        self.title = f"TEST{secrets.token_hex(4).upper()}"
        self.node = ReturnNode(self.title, "127.0.0.1", port)
        settings = store.settings
        host, hub_port = settings.dicom_address
        self.hub = ReturnNode(settings.ae_title, reachable(host), hub_port)
        self.results: list[Result] = []
        self.studies: set[str] = set()
        self.orders: list[int] = []

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


@contextmanager
def test_device(store: Store, site: str) -> Iterator[TestDevice]:
    """Give a device of `site`; what it stored is set apart and its title closed when the context ends."""
    device = TestDevice(store, site, _free_port())
    with store.writing() as session:
        add_device(session, site_named(session, site), device.title, node=device.node)
        audit.append(
            session, audit.entry("site", f"site:{site}", "self-test", site=site, detail=device.title)
        )
    stop = _listen(device)
    time.sleep(TAKEN_ON_SECONDS)
    try:
        yield device
    finally:
        stop()
        _tidy(device)


test_device.__test__ = False  # type: ignore[attr-defined]


def _listen(device: TestDevice) -> Callable[[], None]:
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
    return server.shutdown


def _tidy(device: TestDevice) -> None:
    """No test is left where a reader would find it: its studies are rejected, its orders cancelled."""
    with device.store.writing() as session:
        edit_device(device_named(session, device.title), active=False)
        for uid in device.studies:
            for study in session.scalars(select(Study).where(Study.study_instance_uid == uid)):
                for event in ("identity-conflict", "study-rejected"):
                    if can_move(study, event):
                        move_study(session, study, event)
                study.note = "selftest"
        for order_id in device.orders:
            order = order_for(session, HUB, order_id)
            if order.state == "scheduled":
                move_order(session, order, "order-cancelled")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
