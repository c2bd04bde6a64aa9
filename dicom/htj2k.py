"""High-Throughput JPEG 2000 (ISO/IEC 15444-15) written by OpenJPH's program, where that is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from pydicom.uid import HTJ2K, HTJ2KLossless

from dicom.errors import NotAPicture

#: Debian's openjph-tools (BSD-2-Clause); it is no library of ours, a hub without it writes no HTJ2K.
PROGRAM = "ojph_compress"
#: What its lossless streams may be called; HTJ2K with RPCL options needs markers that it does not write.
SYNTAXES = (str(HTJ2KLossless), str(HTJ2K))
MISSING = f"HTJ2K is written only where OpenJPH's {PROGRAM} (Debian package openjph-tools) is installed"
SECONDS = 60.0
#: Where the first component's depth stands: behind SOC and the fixed part of SIZ (ISO/IEC 15444-1 A.5.1).
FIRST_DEPTH, DEPTH_STEP, SIGNED = 42, 3, 0x80


def encoder() -> str | None:
    """Return where the program is, or None."""
    return shutil.which(PROGRAM)


def htj2k_frame(samples: np.ndarray, bits_stored: int) -> bytes:
    """Return samples [rows, columns] or [rows, columns, 3] of 8 or 16 bits as a codestream without loss.

    Raises NotAPicture where the program is missing or fails, or a sample has more than `bits_stored` bits.
    """
    program = encoder()
    if program is None:
        raise NotAPicture(MISSING)
    signed = samples.dtype.kind == "i"
    # A signed component is coded as an unsigned one that is shifted by half its range (15444-1 G.1), and says
    # so in SIZ: the program itself reads signed samples wrongly.
    shifted = samples.astype(np.int32) + ((1 << (bits_stored - 1)) if signed else 0)
    if shifted.min() < 0 or shifted.max() >= 1 << bits_stored:
        raise NotAPicture("a sample has more bits than are stored")
    planes = shifted.transpose(2, 0, 1) if samples.ndim == 3 else shifted[np.newaxis]
    stream = bytearray(_run(program, planes.astype("u1" if bits_stored <= 8 else "<u2"), bits_stored))
    for component in range(len(planes)):
        stream[FIRST_DEPTH + component * DEPTH_STEP] |= SIGNED if signed else 0
    return bytes(stream)


def _run(program: str, planes: np.ndarray, bits: int) -> bytes:
    count, rows, columns = planes.shape
    with tempfile.TemporaryDirectory(prefix="readhub-") as folder:
        given, made = Path(folder, "frame.yuv"), Path(folder, "frame.j2c")
        given.write_bytes(np.ascontiguousarray(planes).tobytes())
        command = [
            program, "-i", str(given), "-o", str(made), "-reversible", "true", "-num_comps", str(count),
            "-dims", f"{{{columns},{rows}}}", "-signed", _each("false", count),
            "-bit_depth", _each(str(bits), count), "-downsamp", _each("{1,1}", count),
        ]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            return made.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise NotAPicture(f"{PROGRAM} failed: {type(error).__name__}") from None


def _each(value: str, count: int) -> str:
    return ",".join([value] * count)
