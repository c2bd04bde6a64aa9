"""The associations that are open now: who calls on each, and which studies came by it."""

import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from dicom.admission import Caller
from dicom.shared_studies import SharedStudies

#: Studies of one association that are held at once; every lock makes the next one a little slower.
MOST_STUDIES = 1000
#: An association that brings others and nothing more of a study for so long has left it: a device that stays
#: connected all day holds up no patient.
LEFT_SECONDS = 60.0


class Association(Protocol):
    """An association of ours or of pynetdicom's."""

    def is_alive(self) -> bool:
        """Tell whether it is still served."""


class Bringing(NamedTuple):
    """Whether a study gained an instance, or what is held was only repeated; and when, of a steady clock."""

    is_new: bool
    last: float


@dataclass
class Open:
    """One association: its caller, and the studies that it brings, by Study Instance UID.

    The one that was left longest comes first: the association may come back to it from another one.
    `is_short` where the hub could not take what it brought.
    """

    caller: Caller
    brought: dict[str, Bringing] = field(default_factory=dict)
    is_short: bool = False


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
            before, at = state.brought.pop(study_instance_uid, None), time.monotonic()
            if before is not None:
                is_new |= before.is_new
            elif not self._shared.hold(state.caller.site, study_instance_uid):
                return
            state.brought[study_instance_uid] = Bringing(is_new, at)
            self._leave_behind(state, at)

    def not_taken(self, association: Association) -> None:
        """Remember that an instance could not be taken, through no fault of the sender's."""
        with self._lock:
            state = self._open.get(association)
            if state is not None:
                state.is_short = True

    def closed(self, association: Association, was_released: bool) -> Brought:
        """Forget the association and return what it brought whole.

        Nothing is whole where its peer did not release it, or not everything was taken: whoever broke off,
        or was told to try again, has more to send. Nor is a study whole that another association, also of
        another process, brings still or did not end well while this one was open.
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
        if not was_released or state.is_short:
            for study in state.brought:
                self._shared.break_off(site, study)
            return Brought(site)
        whole = [study for study in state.brought if self._shared.release(site, study)]
        return Brought(site, frozenset(study for study in whole if state.brought[study].is_new))

    def _leave_behind(self, state: Open, at: float) -> None:
        """Leave to their quiet time studies left long ago, and those beyond what is held at once."""
        while True:
            oldest, bringing = next(iter(state.brought.items()))
            if len(state.brought) <= MOST_STUDIES and at - bringing.last < LEFT_SECONDS:
                return
            del state.brought[oldest]
            self._shared.break_off(state.caller.site, oldest)

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)
