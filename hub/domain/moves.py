"""A table of moves: from which state, by which event, to which state."""

from collections.abc import Mapping


class ForbiddenMove(ValueError):
    """The event cannot happen to something in this state."""


Moves = Mapping[tuple[str, str], str]


def next_state(moves: Moves, state: str, event: str) -> str:
    """Return the state that `event` leads to, or raise ForbiddenMove."""
    try:
        return moves[state, event]
    except KeyError:
        raise ForbiddenMove(f"'{event}' cannot happen to something that is '{state}'") from None


def states_before(moves: Moves, event: str) -> tuple[str, ...]:
    """Return every state in which `event` may happen, for a guarded UPDATE."""
    return tuple(sorted(state for (state, name) in moves if name == event))
