"""A doctor's values of an ECG are kept beside the machine's, audited, seen by the reviewer and signed."""

import pytest
from sqlalchemy import select

from ai_models.ecg_measure.measure import measure
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.domain.finding import Finding, Reading
from hub.store.pre_reads import keep_reading
from hub.store.tables import AuditRow, EcgEdit, Instance, PreRead
from tests.web.browser import PASSWORD


@pytest.fixture
def ecg(keep, shared_dir, store):
    """A measured ECG: (study id, SOP Instance UID)."""
    path = shared_dir / "data" / "dicom" / "ecg" / "pydicom__test_files_waveform_ecg.dcm"
    uid = keep(path)
    found = Reading("ecg", "1.0", "0" * 64, True, measurements=measure(ecg_record(load_dataset(path))))
    with store.writing() as session:
        instance = session.scalars(select(Instance).where(Instance.sop_instance_uid == uid)).one()
        keep_reading(session, instance, found, "2.25.9")
        return instance.study_id, uid


def case(browser, study):
    return browser.send("GET", f"/studies/{study}/case.json").json


def put(browser, ecg, base=0, marks=None, typed=None):
    body = {"instance": ecg[1], "base": base, "marks": marks or {}, "typed": typed or {}}
    return browser.send("PUT", f"/studies/{ecg[0]}/ecg-edit", body)


def test_a_set_value_stands_beside_the_machines_and_in_the_suggested_words(browser, ecg, store):
    li = browser("li")
    before = case(li, ecg[0])
    answer = put(li, ecg, typed={"pr": 212})
    assert answer.status_code == 200 and "PR 间期 212 ms" in answer.json["suggestion"]["findings"]
    seen = case(browser("wang"), ecg[0])
    (edit,) = seen["ecgEdits"]
    assert (edit["by"], edit["values"]["pr"], edit["typed"]) == ("Li", 212, {"pr": 212.0})
    said = {one["name"]: one["value"] for one in before["preReads"][0]["measurements"]}
    assert edit["machine"]["pr"] == said["pr"] != 212
    assert seen["preReads"][0]["measurements"] == before["preReads"][0]["measurements"]
    assert "PR 间期 212 ms" in seen["suggestion"]["findings"]
    with store.reading() as session:
        (row,) = session.scalars(select(PreRead)).all()
        assert {m["name"]: m["value"] for m in row.reading["measurements"]}["pr"] == said["pr"]


def test_every_edit_is_a_version_and_an_audit_row_that_names_both_values(browser, ecg, store):
    li = browser("li")
    put(li, ecg, typed={"qrs": 130})
    put(li, ecg, base=1)
    with store.reading() as session:
        assert [row.version for row in session.scalars(select(EcgEdit).order_by(EcgEdit.version))] == [1, 2]
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "ecg-edit")).all()
    assert [row.actor for row in rows] == ["li", "li"]
    assert "-> 130" in rows[0].detail and "the machine's values again" in rows[1].detail
    assert case(li, ecg[0])["ecgEdits"][0]["values"] == {}


def test_an_edit_over_one_that_was_not_seen_is_refused_and_kept_nowhere(browser, ecg):
    li = browser("li")
    put(li, ecg, typed={"qrs": 130})
    answer = put(li, ecg, typed={"qrs": 70})
    assert (answer.status_code, answer.json["error"]) == (409, "edit-changed")
    assert case(li, ecg[0])["ecgEdits"][0]["values"] == {"qrs": 130}


def test_who_does_not_hold_the_study_sets_nothing(browser, ecg):
    put(browser("li"), ecg, typed={"qrs": 130})
    assert put(browser("wang"), ecg, base=1, typed={"qrs": 70}).status_code == 423
    assert put(browser("eastclinic"), ecg, base=1, typed={"qrs": 70}).status_code == 404


@pytest.mark.parametrize("wrong", [{"typed": {"pr": 9000}}, {"marks": {"t_end": 5}, "typed": {"rr": 800}}])
def test_what_is_no_value_is_a_bad_request(browser, ecg, wrong):
    assert put(browser("li"), ecg, **wrong).status_code == 400


def test_another_studys_recording_is_not_found(browser, ecg, ready):
    other = ready(study="1.5")
    assert put(browser("li"), (other, ecg[1]), typed={"pr": 200}).status_code == 404


def test_values_set_since_the_page_was_loaded_stop_a_signature(browser, ecg):
    li = browser("li")
    shown = case(li, ecg[0])["shown"]
    edited = put(li, ecg, typed={"heart_rate": 120}).json
    text = {"findings": "心率 120 次/分。", "impression": "窦性心动过速。", "advice": "", "addendum": ""}
    sign = lambda token: li.send(  # noqa: E731
        "POST", f"/studies/{ecg[0]}/sign", {"shown": token, "password": PASSWORD, **text}
    )
    answer = sign(shown)
    assert (answer.status_code, answer.json["error"]) == (409, "changed")
    assert sign(edited["shown"]).status_code == 200, "the rate that the doctor set is the one that is checked"
    assert put(li, ecg, base=1, typed={"pr": 200}).status_code == 422


def test_the_typical_beat_is_drawn_with_its_marks(browser, ecg, audited):
    answer = browser("li").get(f"/studies/{ecg[0]}/beat.svg?instance={ecg[1]}&speed=50&gain=10")
    assert answer.status_code == 200 and 'data-marks="p_onset:' in answer.text
    assert ("view", f"study:{ecg[0]}", "ok") in audited("li")


#: What a reading said before P was taken back in these rhythms: it was called, and P was measured.
CALLED = {
    "rhythm_AFIB": {"statements": [
        {"code": "rhythm_AFIB", "group": "rhythm", "text_zh": "心房颤动", "text_en": "Atrial fibrillation",
         "probability": 0.97}
    ]},
    "rhythm_AFLT": {"statements": []},
}  # fmt: skip


@pytest.fixture(params=CALLED)
def read_before(request, ecg, store):
    """A reading that is stored as it was made: some hubs made it before statements were kept."""
    with store.writing() as session:
        row = session.scalars(select(PreRead)).one()
        finding = Finding(request.param, "房颤或房扑", "AF", 0.97, 0.5, True)
        row.reading = row.reading | {"findings": [vars(finding) | {"boxes": []}]} | CALLED[request.param]
        assert {one["name"] for one in row.reading["measurements"] if one["value"]} >= {"pr", "p_duration"}
    return ecg


def test_of_an_older_reading_of_fibrillation_p_is_not_assessed_on_the_page(browser, read_before):
    told = case(browser("li"), read_before[0])
    values = {one["name"]: one for one in told["preReads"][0]["measurements"]}
    for name in ("p_duration", "pr", "axis_p"):
        assert (values[name]["value"], values[name]["reasonText"]) == (None, "判为房颤或房扑"), name
    assert values["qrs"]["value"] and "PR" not in str(told["suggestion"])
    beat = browser("li").get(f"/studies/{read_before[0]}/beat.svg?instance={read_before[1]}&speed=50&gain=10")
    assert 'data-marks="qrs_onset:' in beat.text and "p_offset" not in beat.text


def test_pr_that_a_doctor_sets_in_fibrillation_counts(browser, read_before):
    put(browser("li"), read_before, typed={"pr": 200})
    told = case(browser("li"), read_before[0])
    assert told["ecgEdits"][0]["values"]["pr"] == 200


def test_the_typical_beat_of_a_called_flutter_has_no_marks_of_p(browser, ecg, store):
    with store.writing() as session:
        row = session.scalars(select(PreRead)).one()
        measured = [
            one | {"value": None, "reason": "fibrillation-or-flutter"} if one["name"] == "pr" else one
            for one in row.reading["measurements"]
        ]
        row.reading = row.reading | {"measurements": measured}
    answer = browser("li").get(f"/studies/{ecg[0]}/beat.svg?instance={ecg[1]}&speed=50&gain=10")
    assert 'data-marks="qrs_onset:' in answer.text and "p_offset" not in answer.text
