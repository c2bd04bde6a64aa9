"""The process in which compressed frames are decoded: a broken one ends it, and nobody else."""

import os
import resource
import sys
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import JPEGExtended12Bit

from dicom.decode_messages import read_message, write_message
from dicom.jpeg12 import decoded_jpeg12

#: A decoder that wants more than this has met a frame that lies.
MEMORY_LIMIT = 4 * 1024**3


def main() -> None:
    """Answer requests until the other side closes the pipe."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a decoder prints is no answer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while request := read_message(sys.stdin.buffer):
        try:
            samples, photometric = _decoded(*request)
        except BaseException as error:  # a Rust decoder's panic is no Exception
            write_message(answers, {"error": _sentence(error)}, b"")
            continue
        facts = {"dtype": samples.dtype.str, "shape": samples.shape, "photometric": photometric}
        write_message(answers, facts, np.ascontiguousarray(samples).data.cast("B"))


def _decoded(facts: dict[str, Any], encoded: bytes) -> tuple[np.ndarray, str]:
    syntax, options = facts["syntax"], facts["options"]
    if syntax == JPEGExtended12Bit and options["bits_stored"] > 8 and options["samples_per_pixel"] == 1:
        return decoded_jpeg12(encoded, options), options["photometric_interpretation"]
    options["correct_unused_bits"] = False
    samples, properties = get_decoder(syntax).as_array(encapsulate([encoded]), index=0, **options)
    return samples, str(properties["photometric_interpretation"])


def _sentence(error: BaseException) -> str:
    """The reason in one short line, without a decoder's advice and addresses."""
    if "raised by all available plugins" in str(error):
        return "every decoder here failed on the compressed frame"
    first = str(error).split(" - ")[0].split("\n")[0].strip()
    return (first or type(error).__name__)[:160]


if __name__ == "__main__":
    main()
