"""The associations that are open now: who calls on each, and which studies came by it."""

import threading
from dataclasses import dataclass, field
from typing import Protocol

from dicom.admission import Caller
from dicom.shared_studies import SharedStudies


class Association(Protocol):
    """An association of ours or of pynetdicom's."""

    def is_alive(self) -> bool:
        """Tell whether it is still served."""


@dataclass
class Open:
    """One association: its caller, and the Study Instance UIDs of what was kept from it."""

    caller: Caller
    studies: set[str] = field(default_factory=set)


class Associations:
    """Open associations, each with a state of its own, so that concurrent ones do not mix."""

    def __init__(self, shared: SharedStudies) -> None:
        self._shared = shared
        self._open: dict[Association, Open] = {}
        self._lock = threading.Lock()

    def opened(self, association: Association, caller: Caller) -> None:
        """Remember who calls on `association`; forget those whose end nobody told us."""
        with self._lock:
            self._open = {one: state for one, state in self._open.items() if one.is_alive()}
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
            if state is not None and study_instance_uid not in state.studies:
                state.studies.add(study_instance_uid)
                self._hold(state.caller.site, study_instance_uid)

    def closed(self, association: Association) -> tuple[str, frozenset[str]]:
        """Forget the association; return its site and the studies that no other one still brings."""
        with self._lock:
            state = self._open.pop(association, None)
            if state is None:
                return "", frozenset()
            site = state.caller.site
            others = [other.studies for other in self._open.values() if other.caller.site == site]
            gone = state.studies.difference(*others)
            return site, frozenset(study for study in gone if self._shared.release(site, study))

    def _hold(self, site: str, study_instance_uid: str) -> None:
        """Where another process asks just now whether anybody holds it, it settles a little early."""
        try:
            self._shared.hold(site, study_instance_uid)
        except OSError:
            return

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)
