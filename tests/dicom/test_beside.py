"""Presentation states, selections and reports of other systems: what they draw, choose and say."""

import pytest
from pydicom import Dataset

from dicom.beside import key_objects, presentation_state, structured_report
from dicom.load import load_dataset
from dicom.make.film import View, film
from dicom.make.person import Exam, Person
from tests.plugins.brought import CIRCLE, LINE, brought
from tests.plugins.reading_page import SAMPLES


@pytest.fixture(scope="module")
def three():
    exam = Exam("beside", "20261121093000", "胸部正位片", "A4", "CHEST")
    picture = (SAMPLES / "chest-adult-normal.png").read_bytes()
    image = film(picture, Person("V4", "Wai^Si=外^四", "M", "19600101"), exam, View("PA", "U", 0.2), 1)
    return image, *brought(image)


def test_a_state_draws_its_shapes_about_pixel_centres(three):
    image, state, _selection, _report = three
    found = presentation_state.presentation_of(state)
    (layer,) = found.layers
    circle, line = layer.shapes
    assert (found.label, layer.images[0].instance) == ("OUTSIDE", image.SOPInstanceUID)
    assert circle.points == tuple((x - 0.5, y - 0.5) for x, y in CIRCLE)
    assert (line.kind, line.points[0]) == ("POLYLINE", (LINE[0][0] - 0.5, LINE[0][1] - 0.5))
    assert (layer.texts[0].text, layer.texts[0].anchor) == ("外院所见", (300.0, 330.0))
    assert found.left_out == 0


def test_what_has_no_place_on_the_picture_is_counted_not_guessed(three):
    _image, state, *_rest = three
    turned = Dataset()
    turned.update(state)
    turned.ImageRotation = 90
    item = turned.GraphicAnnotationSequence[0].GraphicObjectSequence[0]
    item.GraphicAnnotationUnits = "DISPLAY"
    found = presentation_state.presentation_of(turned)
    item.GraphicAnnotationUnits = "PIXEL"
    assert (found.left_out, len(found.layers[0].shapes)) == (1, 1)


def test_a_selection_names_its_images_and_why(three):
    image, _state, selection, _report = three
    found = key_objects.selection_of(selection)
    assert (found.title, found.words) == ("For Referring Provider", "请看右肺")
    assert [one.instance for one in found.images] == [image.SOPInstanceUID]


def test_a_report_becomes_lines_with_units(three):
    found = structured_report.document_of(three[3])
    said = [(line.name, line.value) for line in found.lines]
    assert found.title == "Diagnostic imaging report" and found.flags == "COMPLETE VERIFIED"
    assert ("Finding", "右肺下叶小结节") in said and ("Diameter", "12.5 mm") in said


def test_real_reports_and_states_of_many_makers_are_read(shared_dir):
    folder, read = shared_dir / "data" / "dicom" / "sr_ko_pr_pdf", {"state": 0, "report": 0}
    for path in sorted(folder.iterdir()):
        dataset = load_dataset(path, with_pixels=False)
        uid = str(dataset.get("SOPClassUID"))
        if uid in presentation_state.CLASSES:
            found = presentation_state.presentation_of(dataset)
            read["state"] += any(layer.shapes for layer in found.layers)
        elif uid.startswith(structured_report.REPORTS) and uid != key_objects.CLASS:
            read["report"] += bool(structured_report.document_of(dataset).lines)
    assert read["state"] == 2 and read["report"] >= 18
