"""The states of a storage commitment, and what may be wrong with an instance (PS3.4 J, PS3.3 C.14.1.1)."""

from hub.domain.moves import Moves

COMMITMENT_STATES = ("asked", "told", "given-up")

COMMITMENT_MOVES: Moves = {
    ("asked", "result-told"): "told",
    ("asked", "given-up"): "given-up",
    ("told", "asked-again"): "asked",
    ("given-up", "asked-again"): "asked",
}

#: PS3.3 C.14.1.1, FailureReason (0008,1197).
PROCESSING_FAILURE = 0x0110
NO_SUCH_INSTANCE = 0x0112
CLASS_INSTANCE_CONFLICT = 0x0119
