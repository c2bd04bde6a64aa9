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

    `current` is the study of its newest instance, kept or held before: more of that is expected. `is_short`
    where the hub could not take what it brought, `unfinished` what others brought too and did not end well.
    """

    caller: Caller
    studies: set[str] = field(default_factory=set)
    current: str = ""
    is_short: bool = False
    unfinished: set[str] = field(default_factory=set)

    @property
    def brought(self) -> set[str]:
        """Return every study that it brings."""
        return self.studies | {self.current}


class Brought(NamedTuple):
    """What an association brought whole: the studies of its site of which nothing more is expected."""

    site: str = ""
    studies: frozenset[str] = frozenset()


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

    def holds(self, association: Association, study_instance_uid: str, is_new: bool) -> None:
        """Remember that an instance of a study was brought: a new one, or one that is held already."""
        with self._lock:
            state = self._open.get(association)
            if state is None:
                return
            if is_new:
                state.studies.add(study_instance_uid)
            if study_instance_uid != state.current:
                was, state.current = state.current, study_instance_uid
                self._shared.hold(state.caller.site, study_instance_uid)
                if was and not self._is_current(state.caller.site, was):
                    self._shared.release(state.caller.site, was)

    def not_taken(self, association: Association) -> None:
        """Remember that an instance could not be taken, through no fault of the sender's."""
        with self._lock:
            state = self._open.get(association)
            if state is not None:
                state.is_short = True

    def closed(self, association: Association, was_released: bool) -> Brought:
        """Forget the association and return what it brought whole.

        Nothing is whole where its peer did not release it, or not everything was taken: whoever broke off,
        or was told to try again, has more to send.
        """
        with self._lock:
            return self._forget(association, was_released)

    def close(self) -> None:
        """Give up whatever is still held."""
        self._shared.close()

    def _forget(self, association: Association, was_released: bool = False) -> Brought:
        state = self._open.pop(association, None)
        if state is None:
            return Brought()
        site = state.caller.site
        others = [other for other in self._open.values() if other.caller.site == site]
        if state.current and not self._is_current(site, state.current):
            self._shared.release(site, state.current)
        if not was_released or state.is_short:
            state.unfinished |= state.brought
        for other in others:
            other.unfinished |= state.unfinished & other.brought
        whole = state.studies.difference(state.unfinished, *(other.brought for other in others))
        return Brought(site, frozenset(study for study in whole if self._shared.release(site, study)))

    def _is_current(self, site: str, study: str) -> bool:
        return any(one.current == study and one.caller.site == site for one in self._open.values())

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)
