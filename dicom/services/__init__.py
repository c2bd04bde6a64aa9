"""The DIMSE services beside storage: one module each, found by being here.

A module of this folder offers CONTEXTS, the presentation contexts in which it is asked, and `answers(front)`,
which returns what answers each request by (event, SOP class); `serves(front)` does the same for services
whose whole exchange is the module's own, by (request, SOP class).
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from sqlalchemy.orm import Session

from dicom.admission import Caller
from dicom.associations import Associations
from dicom.refusals import Refusals
from hub.domain.audit import AuditEntry
from hub.errors import Refused
from hub.store import Store, audit
from hub.store.devices import Peer, peer_calling

#: Answers a request of one event; what it returns is what pynetdicom wants of that event's handlers.
Answer = Callable[[Event], Any]
#: Serves a request from its first message to its last answer.
Serve = Callable[[Association, Any, PresentationContext], None]


@dataclass(frozen=True)
class Front:
    """What a service may use: the rows and files, who calls, and where refusals are written down."""

    store: Store
    associations: Associations
    refusals: Refusals

    def caller(self, association: Association) -> Caller:
        """Return who calls. Raises Refused when the association is over."""
        found = self.associations.caller(association)
        if found is None or not found.site:
            raise Refused("the association is over")
        return found

    def peer(self, session: Session, caller: Caller) -> Peer:
        """Return the caller's site, characters and node. Raises Refused when the site is closed by now."""
        found = peer_calling(session, caller.site, caller.calling_ae)
        if found is None:
            raise Refused("the site is closed")
        return found

    def note(self, caller: Caller, act: str, thing: str, detail: str, outcome: str = "ok") -> None:
        """Write the audit row of what the caller asks for, before it is answered."""
        audit.note(self.store, entry_for(caller, act, thing, detail, outcome))


def entry_for(caller: Caller, act: str, thing: str, detail: str, outcome: str = "ok") -> AuditEntry:
    """Return an audit entry of what a caller did."""
    said = f"{detail}; calling {caller.calling_ae}"
    who = {"site": caller.site, "address": caller.address, "detail": said[:500]}
    return audit.entry(act, thing[:160], outcome, **who)


def service_contexts() -> list[PresentationContext]:
    """Return what every service beside storage is asked in."""
    return [context for module in _modules() for context in module.CONTEXTS]


def service_handlers(front: Front) -> list[evt.EventHandlerType]:
    """Return pynetdicom's events, each with one handler that finds the service by presentation context."""
    table: dict[evt.EventType, dict[str, Answer]] = {}
    for module in _modules():
        for (event, sop_class), answer in getattr(module, "answers", _nothing)(front).items():
            table.setdefault(event, {})[sop_class] = answer
    return [(event, _by_context(answers)) for event, answers in table.items()]


def own_services(front: Front) -> dict[tuple[type, str], Serve]:
    """Return the services that see to every message of their exchange, by (request, SOP class)."""
    served: dict[tuple[type, str], Serve] = {}
    for module in _modules():
        served |= getattr(module, "serves", _nothing)(front)
    return served


def _by_context(answers: Mapping[str, Answer]) -> Answer:
    def handle(event: Event) -> Any:
        return answers[str(event.context.abstract_syntax)](event)

    return handle


def _nothing(_front: Front) -> dict[Any, Any]:
    return {}


@cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(_found())


def _found() -> Iterator[ModuleType]:
    """Yield each service; a module that offers no contexts is a part of another and no service."""
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "CONTEXTS"):
            yield module
