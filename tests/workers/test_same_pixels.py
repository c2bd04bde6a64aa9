"""The box that is drawn is the box that was computed: models and viewer look at one grid of pixels.

A bright mark lies at a known place of the stored image; whatever the header says about its values or the
shape of its pixels, the mark is found there, by the models and in the picture that the browser gets.
"""

import io

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset

from ai_models.findings.bone_fracture.model import interpret, prepare
from ai_models.registry import load_models
from dicom.demo.cases import demo_cases
from dicom.load import load_dataset
from dicom.pixels import rendered_jpeg, shown_pixels
from dicom.write.frame import part10
from workers.subjects import subject_of

ROWS, COLUMNS = 460, 300
#: x0, y0, x1, y1 of the mark in the stored image.
MARK = (192, 64, 224, 112)
SETTINGS = {
    "picture": 1,
    "heat": 1,
    "constant": 0,
    "threshold": 0.5,
    "box_slope": 1,
    "box_picture": 0,
    "box_constant": 0,
}


def plain(dataset):
    store(dataset, stored(), 8)


def monochrome1(dataset):
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = "MONOCHROME1", "INVERSE"
    store(dataset, 255 - stored(), 8)


def sixteen_bits(dataset):
    store(dataset, stored().astype(np.uint16) * 257, 16)
    dataset.WindowCenter, dataset.WindowWidth = 32768, 65536


def signed(dataset):
    store(dataset, stored().astype(np.int16) * 100 - 12800, 16, signed=1)
    dataset.WindowCenter, dataset.WindowWidth = 0, 25600


def voi_lut(dataset):
    store(dataset, stored(), 8)
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, 0, 16])
    item.add_new("LUTData", "OW", (np.arange(256) * 257).astype("<u2").tobytes())
    dataset.VOILUTSequence = [item]


def tall_pixels(dataset):
    store(dataset, stored(), 8)
    del dataset.ImagerPixelSpacing
    dataset.PixelAspectRatio = [2, 1]


def palette(dataset):
    store(dataset, stored(), 8)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = (np.arange(256, dtype=np.uint16) * 257).astype("<u2").tobytes()
        setattr(dataset, f"{colour}PaletteColorLookupTableData", table)


HEADERS = [plain, monochrome1, sixteen_bits, signed, voi_lut, tall_pixels, palette]


def stored():
    """A dim gradient with noise and one bright mark."""
    x0, y0, x1, y1 = MARK
    picture = np.tile(np.linspace(30, 90, COLUMNS), (ROWS, 1))
    picture += np.random.default_rng(2).normal(0, 2, picture.shape)
    picture[y0:y1, x0:x1] = 250
    return picture.round().clip(0, 255).astype(np.uint8)


def store(dataset, pixels, bits, signed=0):
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, signed
    dataset.PixelData = pixels.tobytes()


@pytest.fixture
def film(tmp_path):
    """Make a film of the marked picture under a header, and return its data set as it is loaded."""

    def make(header):
        case = demo_cases("20261101")[2]
        dataset = next(iter(case.make(case.person, case.exam)))
        for keyword in ("WindowCenter", "WindowWidth"):
            delattr(dataset, keyword)
        header(dataset)
        (tmp_path / "film.dcm").write_bytes(part10(dataset))
        return load_dataset(tmp_path / "film.dcm")

    return make


def mark_in(grey):
    rows, columns = np.nonzero(grey > 200)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("header", HEADERS)
def test_the_models_get_the_pixels_that_are_shown_on_the_stored_grid(film, header):
    dataset = film(header)
    subject = subject_of(dataset)
    assert np.array_equal(subject.pixels, shown_pixels(dataset))
    grey = subject.pixels if subject.pixels.ndim == 2 else subject.pixels[..., 0]
    assert grey.shape == (ROWS, COLUMNS)
    assert mark_in(grey) == MARK


@pytest.mark.parametrize("header", HEADERS)
def test_a_box_where_the_network_saw_the_mark_lies_on_the_mark(film, header):
    """The network is a stand-in that sees the brightest place: its box must come back to the stored mark."""
    subject = subject_of(film(header))
    (finding,) = interpret(seeing_the_brightest(prepare(subject)[:, 0]), subject, SETTINGS).findings
    best = max(finding.boxes, key=lambda box: box.probability)
    assert np.allclose(best.xyxy, MARK, atol=8)


@pytest.mark.parametrize("header", HEADERS)
def test_the_picture_in_the_browser_shows_the_mark_where_its_box_is_drawn(film, header):
    """A box is drawn at stored pixels times the shown size; only the shape of pixels may stretch it."""
    dataset = film(header)
    shown = np.asarray(Image.open(io.BytesIO(rendered_jpeg(dataset))).convert("L"))
    across, down = shown.shape[1] / COLUMNS, shown.shape[0] / ROWS
    x0, y0, x1, y1 = MARK
    drawn = (x0 * across, y0 * down, x1 * across, y1 * down)
    assert np.allclose(mark_in(shown), drawn, atol=3)
    assert shown.shape == ((2 * ROWS if header is tall_pixels else ROWS), COLUMNS)


def test_every_gray_header_gives_the_real_network_the_same_boxes(film):
    model = next(model for model in load_models() if model.name == "bone_fracture")
    headers = (plain, monochrome1, voi_lut)
    boxes = [model.assess(subject_of(film(header))).findings[0].boxes for header in headers]
    assert boxes[0] == boxes[1] == boxes[2]


def seeing_the_brightest(pictures):
    """Heat and distances of a detector with cells of 8 pixels that sees one bright rectangle in each."""
    heat, distances = zip(*(one_bright_place(grey) for grey in pictures), strict=True)
    return [np.full(len(pictures), 4.0, np.float32), np.stack(heat), np.stack(distances)]


def one_bright_place(grey):
    rows, columns = np.nonzero(grey > 0.6)
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    cells = grey.shape[0] // 8
    heat = np.full((cells, cells), -9.0, np.float32)
    heat[int((top + bottom) / 2 // 8), int((left + right) / 2 // 8)] = 4.0
    across, down = np.meshgrid((np.arange(cells) + 0.5) * 8, (np.arange(cells) + 0.5) * 8)
    sides = np.stack([across - left, down - top, right - across, bottom - down])
    return heat, np.maximum(sides, 0).astype(np.float32)
