"""THE pixel function: what the reader sees and what the models are given are the same pixels."""

from io import BytesIO

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut

from dicom.decoding import Frame, decoded_frame
from dicom.errors import NotAPicture
from dicom.gray import gray_picture

GRAY = ("MONOCHROME1", "MONOCHROME2")
COLOURS = ("RGB", "YBR_RCT", "YBR_ICT")  # the decoders give RGB for the last two
JPEG_QUALITY = 90


def shown_pixels(dataset: Dataset, frame: int = 0, window: tuple[float, float] | None = None) -> np.ndarray:
    """Return a frame as it is seen: uint8 [rows, columns], or [rows, columns, 3] in RGB.

    Applies Modality LUT, VOI LUT or window, MONOCHROME1 and INVERSE, padding, palette and YBR; keeps the
    stored grid, so a box drawn is the box computed. `window` is (centre, width) in modality units and
    stands before the object's own. Raises NotAPicture with a sentence for whatever holds no such frame.
    """
    try:
        return _shown(dataset, decoded_frame(dataset, frame), frame, window)
    except NotAPicture:
        raise
    except Exception as error:  # decoders and broken elements raise whatever they like
        raise NotAPicture(f"the pixels cannot be decoded: {_sentence(error)}") from None


def rendered_jpeg(
    dataset: Dataset,
    frame: int = 0,
    longest_side: int | None = None,
    window: tuple[float, float] | None = None,
) -> bytes:
    """Return the frame as JPEG with square pixels, no side longer than `longest_side`.

    Raises NotAPicture as shown_pixels does.
    """
    picture = Image.fromarray(shown_pixels(dataset, frame, window))
    size = _square_size(dataset, picture.size)
    scale = min(1.0, (longest_side or max(size)) / max(size))
    wanted = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    if wanted != picture.size:
        picture = picture.resize(wanted, Image.Resampling.BILINEAR, reducing_gap=1.01)
    written = BytesIO()
    picture.save(written, "JPEG", quality=JPEG_QUALITY)
    return written.getvalue()


def _shown(dataset: Dataset, decoded: Frame, frame: int, window: tuple[float, float] | None) -> np.ndarray:
    if decoded.photometric in GRAY and decoded.samples.ndim == 2:
        return gray_picture(decoded.samples, dataset, frame, window)
    if decoded.photometric == "PALETTE COLOR":
        return _bytes_of(apply_color_lut(decoded.samples, dataset), 16)
    if decoded.photometric in COLOURS and decoded.samples.ndim == 3:
        return _bytes_of(decoded.samples[..., :3], int(dataset.BitsStored))
    raise NotAPicture(f"PhotometricInterpretation {decoded.photometric[:32]!r} is not one that can be shown")


def _bytes_of(colours: np.ndarray, bits: int) -> np.ndarray:
    """Colours of `bits` bits as bytes; 16-bit palettes that only use 8 of them are taken as written."""
    if colours.dtype == np.uint8:
        return np.ascontiguousarray(colours)
    shift = bits - 8 if bits > 8 and colours.max(initial=0) > 255 else 0
    return np.ascontiguousarray((colours >> shift).astype(np.uint8))


def _square_size(dataset: Dataset, size: tuple[int, int]) -> tuple[int, int]:
    """Stretch (columns, rows) by PixelAspectRatio, given as vertical\\horizontal (PS3.3 C.7.6.3.1.7)."""
    try:
        vertical, horizontal = (int(part) for part in dataset.get("PixelAspectRatio") or (1, 1))
    except (TypeError, ValueError):
        return size
    if not 0.2 <= vertical / max(horizontal, 1) <= 5 or vertical == horizontal or horizontal < 1:
        return size
    return size[0], round(size[1] * vertical / horizontal)


def _sentence(error: Exception) -> str:
    """The reason in one short line, without a decoder's advice and addresses."""
    if "raised by all available plugins" in str(error):
        return "every decoder here failed on the compressed frame"
    first = str(error).split(" - ")[0].split("\n")[0].strip()
    return (first or type(error).__name__)[:160]
