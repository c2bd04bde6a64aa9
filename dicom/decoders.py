"""Which transfer syntaxes this machine can decode, and with which libraries."""

from pydicom.pixels import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

#: Compressed syntaxes that township devices send (PS3.5 Annex A.4).
COMPRESSED: tuple[UID, ...] = (
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEG2000Lossless,
    JPEG2000,
    HTJ2KLossless,
    HTJ2K,
    RLELossless,
)


def decoders() -> dict[str, tuple[str, ...]]:
    """Return, per compressed transfer syntax by name, the libraries that can decode it; none is a fault."""
    return {str(uid.name): tuple(sorted(get_decoder(uid).available_plugins)) for uid in COMPRESSED}
