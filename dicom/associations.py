"""The associations that are open now: who calls on each, and which studies came by it."""

import threading
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from dicom.admission import Caller
from dicom.shared_studies import SharedStudies


class Association(Protocol):
    """An association of ours or of pynetdicom's."""

    def is_alive(self) -> bool:
        """Tell whether it is still served."""


@dataclass
class Open:
    """One association: its caller, and the Study Instance UIDs of what was kept from it.

    `current` is the study of its newest instance: more of that is expected. `is_short` where the hub could
    not take what it brought.
    """

    caller: Caller
    studies: set[str] = field(default_factory=set)
    current: str = ""
    is_short: bool = False


class Brought(NamedTuple):
    """What an association brought: the studies of its site that no other one still brings."""

    site: str = ""
    studies: frozenset[str] = frozenset()
    is_short: bool = False


class Associations:
    """Open associations, each with a state of its own, so that concurrent ones do not mix."""

    def __init__(self, shared: SharedStudies) -> None:
        self._shared = shared
        self._open: dict[Association, Open] = {}
        self._lock = threading.Lock()

    def opened(self, association: Association, caller: Caller) -> None:
        """Remember who calls on `association`; forget those whose end nobody told us."""
        with self._lock:
            for one in [one for one in self._open if not one.is_alive()]:
                self._forget(one)
            self._open[association] = Open(caller)

    def caller(self, association: Association) -> Caller | None:
        """Return who calls, or None when the association is over."""
        with self._lock:
            state = self._open.get(association)
            return state.caller if state else None

    def kept(self, association: Association, study_instance_uid: str) -> None:
        """Remember that an instance of a study was kept."""
        with self._lock:
            state = self._open.get(association)
            if state is not None and study_instance_uid != state.current:
                was, state.current = state.current, study_instance_uid
                state.studies.add(study_instance_uid)
                self._shared.hold(state.caller.site, study_instance_uid)
                if was and not self._is_current(state.caller.site, was):
                    self._shared.release(state.caller.site, was)

    def not_taken(self, association: Association) -> None:
        """Remember that an instance could not be taken, through no fault of the sender's."""
        with self._lock:
            state = self._open.get(association)
            if state is not None:
                state.is_short = True

    def closed(self, association: Association) -> Brought:
        """Forget the association and return what it brought."""
        with self._lock:
            return self._forget(association)

    def close(self) -> None:
        """Give up whatever is still held."""
        self._shared.close()

    def _forget(self, association: Association) -> Brought:
        state = self._open.pop(association, None)
        if state is None:
            return Brought()
        site = state.caller.site
        others = [other.studies for other in self._open.values() if other.caller.site == site]
        if state.current and not self._is_current(site, state.current):
            self._shared.release(site, state.current)
        gone = state.studies.difference(*others)
        return Brought(
            site, frozenset(study for study in gone if self._shared.release(site, study)), state.is_short
        )

    def _is_current(self, site: str, study: str) -> bool:
        return any(one.current == study and one.caller.site == site for one in self._open.values())

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)
