"""Marks and key images are kept with the study, seen by the next reader, and never overwritten silently."""

import pytest

from hub.store.tables import Errand

LINE = {
    "uid": "m1", "kind": "length", "instance": "1.2.9", "frame": 1, "points": [[10, 20], [30.5, 20]],
    "words": "", "values": [{"name": "length", "value": 4.1, "unit": "mm", "projected": True}],
}  # fmt: skip
KEY = {"instance": "1.2.9", "frame": 1}


def save(browser, study, base=0, marks=(LINE,), keys=(KEY,)):
    body = {"base": base, "marks": list(marks), "keyImages": list(keys)}
    return browser.send("PUT", f"/studies/{study}/marks", body)


def marking(browser, study):
    return browser.send("GET", f"/studies/{study}/case.json").json["marking"]


def test_marks_are_seen_by_the_next_reader_and_audited(browser, ready, store, audited):
    study, li = ready(), browser("li")
    assert save(li, study).json["version"] == 1
    seen = marking(browser("wang"), study)
    assert (seen["by"], seen["keyImages"]) == ("Li", [KEY])
    assert seen["marks"][0]["points"] == [[10.0, 20.0], [30.5, 20.0]]
    assert ("mark", f"study:{study}", "ok") in audited("li")
    with store.reading() as session:
        assert session.query(Errand).filter_by(kind="write-marks", subject_id=study).one().state == "waiting"


def test_marks_saved_elsewhere_come_back_whole_and_stay(browser, ready):
    study, li, wang = ready(), browser("li"), browser("wang")
    save(li, study)
    answer = save(wang, study, marks=())
    assert (answer.status_code, answer.json["marking"]["marks"][0]["uid"]) == (409, "m1")
    assert len(marking(li, study)["marks"]) == 1


def test_a_township_reader_marks_no_other_sites_study(browser, ready):
    study = ready(site="west")
    assert save(browser("eastdoc"), study).status_code == 404
    assert save(browser("boss"), study).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "poem"}, {"points": [[1, 2]]}, {"points": [[1, 2], ["x", 3]]}, {"frame": 0},
        {"values": [{"name": "length", "value": 1, "unit": "HU"}]}, {"words": "x" * 65}, {"uid": ""},
        {"points": [[1e9, 2], [1, 2]]},
    ],
)  # fmt: skip
def test_what_is_no_mark_is_refused(browser, ready, wrong):
    li, study = browser("li"), ready()
    assert save(li, study, marks=[LINE | wrong]).status_code == 400
    assert marking(li, study)["version"] == 0


def test_a_mark_on_another_studys_image_is_refused(browser, ready):
    li, study = browser("li"), ready()
    ready(study="1.3")
    assert save(li, study, marks=[LINE | {"instance": "1.3.9"}]).status_code == 422
