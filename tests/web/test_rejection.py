"""The page on which images are rejected and identities corrected, and what others see afterwards."""

import re

import pytest

from hub.store import audit
from hub.store.tables import Instance, Rejection, Report, Study
from tests.web.test_case import sign

REJECT = {"what": "instances", "reason": "quality", "words": "体位不正"}


@pytest.fixture
def two(ready, arrive, store):
    """A settled study of two instances."""
    arrive(sop="1.2.8", study="1.2", series="1.2.1", patient="P-1.2", body=b"first")
    return ready(study="1.2")


def test_the_images_that_are_ticked_are_rejected_by_the_person_with_a_reason(li, two, store, audited):
    assert li.see(f"/studies/{two}/rejection").count('name="instance"') == 2
    assert li.post(f"/studies/{two}/rejection", **REJECT, instance="1.2.8").status_code == 303
    page = li.see(f"/studies/{two}/rejection")
    assert "体位不正" in page and "Li" in page and page.count('name="instance"') == 1
    with store.reading() as session:
        assert {row.sop_instance_uid for row in session.query(Instance) if row.rejected} == {"1.2.8"}
    assert ("reject", f"study:{two}", "images-rejected") in audited("li")


@pytest.mark.parametrize(
    ("note", "words"),
    [("correction-of-nothing", "身份未能更正：原图像均已损坏"), ("correction-in-part", "更正后的检查不完整")],
)
def test_a_correction_that_could_not_copy_damaged_images_is_told_on_the_page(li, two, store, note, words):
    with store.writing() as session:
        session.get_one(Study, two).note = note
    assert words in li.see(f"/studies/{two}/rejection")


@pytest.mark.parametrize(
    "said",
    [REJECT, REJECT | {"instance": "1.2.8", "reason": ""}, REJECT | {"instance": "1.2.8", "words": " "}],
)
def test_without_a_tick_a_reason_and_words_nothing_is_rejected(li, two, store, said):
    answer = li.post(f"/studies/{two}/rejection", **said)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    with store.reading() as session:
        assert session.query(Rejection).count() == 0


def test_the_reader_who_opens_the_case_is_warned_and_what_was_open_cannot_be_signed(li, browser, two):
    other = browser("wang")
    before = li.get(f"/studies/{two}/case.json").json
    assert other.post(f"/studies/{two}/rejection", **REJECT, instance="1.2.8").status_code == 303
    after = li.get(f"/studies/{two}/case.json").json
    shown = [one["sopInstanceUID"] for part in after["series"] for one in part["instances"]]
    assert shown == ["1.2.9"] and after["study"]["note"] == "有图像被拒收"
    assert after["shown"] != before["shown"]
    assert "有图像被拒收" in li.see("/worklist")


def test_a_signed_report_is_flagged_for_an_addendum(li, two, store):
    sign(li, two)
    assert li.post(f"/studies/{two}/rejection", **REJECT | {"what": "study"}).status_code == 303
    with store.reading() as session:
        study = session.get_one(Study, two)
        assert (study.state, study.note) == ("reopened", "study-rejected")
        assert session.query(Report).count() == 1
    assert "已签报告须补充说明" in li.see("/worklist")


def test_rejected_images_are_in_no_search_and_are_given_to_nobody_but_who_tends_them(li, boss, two):
    where = "/dicom-web/studies/1.2"
    assert len(li.get(f"{where}/instances").json) == 2
    li.post(f"/studies/{two}/rejection", **REJECT, instance="1.2.8")
    (left,) = li.get(f"{where}/instances").json
    assert left["00080018"]["Value"] == ["1.2.9"]
    assert li.get(f"{where}/series").json[0]["00201209"]["Value"] == [1]
    at = f"{where}/series/1.2.1/instances/1.2.8/metadata"
    assert li.get(at).status_code == 404
    assert boss.get(at).status_code != 404
    li.post(f"/studies/{two}/rejection", **REJECT | {"what": "study"})
    assert li.get("/dicom-web/studies").status_code == 204


def test_each_image_to_be_chosen_is_shown_and_both_rejections_are_asked_about(li, two, store):
    with store.writing() as session:
        session.query(Instance).filter_by(sop_instance_uid="1.2.8").one().rows = 10
    page = li.see(f"/studies/{two}/rejection")
    at = "/dicom-web/studies/1.2/series/1.2.1/instances"
    assert f'src="{at}/1.2.8/thumbnail"' in page and f'src="{at}/1.2.9/thumbnail"' not in page
    buttons = re.findall(r'<button[^>]*name="what"[^>]*>', page)
    assert len(buttons) == 2 and all("data-confirm" in button for button in buttons)


@pytest.mark.parametrize("what", ["rejection", "identity"])
def test_once_nothing_is_left_to_reject_there_is_no_button_for_it(li, two, what):
    said = {"name": "赵^六", "patient_id": "P-RIGHT", "words": "选错患者"} if what == "identity" else {}
    assert li.post(f"/studies/{two}/{what}", **(said or REJECT | {"what": "study"})).status_code == 303
    page = li.see(f"/studies/{two}/rejection")
    assert "button-danger" not in page and 'name="patient_id"' not in page
    assert "整个检查已拒收" in page


def test_a_rejected_study_without_a_report_asks_for_no_addendum(li, two):
    li.post(f"/studies/{two}/rejection", **REJECT | {"what": "study"})
    assert "补充" not in li.see(f"/studies/{two}/rejection")


def test_rejected_studies_have_a_list_that_says_who_when_and_why(browser, ready, two):
    wang, elsewhere = browser("wang"), ready(site="west", study="1.7", patient="P-WEST")
    assert wang.post(f"/studies/{two}/rejection", **REJECT | {"what": "study"}).status_code == 303
    assert wang.post(f"/studies/{elsewhere}/rejection", **REJECT | {"what": "study"}).status_code == 303
    for who in ("li", "wang", "boss"):
        page = browser(who).see("/worklist?state=rejected")
        row = page[page.index(f'data-study="{two}"') :].partition("</tr>")[0]
        assert all(
            said in row for said in ("Wang", "图像质量不合格", "体位不正", f"/studies/{two}/rejection")
        )
        assert "data-deadline" not in row and "P-WEST" in page
        assert f'data-study="{two}"' not in browser(who).see("/worklist")
    assert "P-WEST" not in browser("eastdoc").see("/worklist?state=rejected")
    assert browser("eastclinic").get("/worklist?state=rejected").status_code == 403


def test_an_identity_is_corrected_by_a_form_that_names_it(li, two, store):
    said = {"name": "赵^六", "patient_id": "P-RIGHT", "sex": "F", "birth_date": "1970-02-03"}
    assert li.post(f"/studies/{two}/identity", **said).status_code == 422
    assert li.post(f"/studies/{two}/identity", **said, words="选错患者").status_code == 303
    with store.reading() as session:
        row = session.query(Rejection).one()
        assert row.identity | {"study_uid": ""} == {
            "patient_id": "P-RIGHT", "name": "赵^六", "sex": "F", "birth_date": "19700203", "unknown": [],
            "study_uid": "",
        }  # fmt: skip
        assert re.fullmatch(r"2\.25\.\d+", row.identity["study_uid"]) and row.reason == "patient"
    assert "P-RIGHT" in li.see(f"/studies/{two}/rejection")


def test_the_form_stands_filled_with_what_is_held_and_a_blank_field_erases_nothing(li, two, store):
    with store.writing() as session:
        patient = session.get_one(Study, two).patient
        patient.sex, patient.birth_date = "F", "19580102"
        patient.name_raw = "Zhang^San=张^三".encode()
    page = li.see(f"/studies/{two}/rejection")
    for held in (
        'value="Zhang^San=张^三"',
        'value="P-1.2"',
        '<option value="F" selected',
        'value="1958-01-02"',
    ):
        assert held in page, held
    said = {"name": "Zhang^San=张^三", "patient_id": "P-RIGHT", "sex": "unknown", "birth_date": ""}
    assert li.post(f"/studies/{two}/identity", **said, words="选错患者").status_code == 303
    with store.reading() as session:
        kept = session.query(Rejection).one().identity
        assert (kept["sex"], kept["birth_date"], kept["unknown"]) == ("", "", ["sex"])
    assert "性别：女 → 未知" in li.see(f"/studies/{two}/rejection")


@pytest.mark.parametrize("path", ["rejection", "identity"])
def test_another_sites_study_and_a_township_are_kept_out(browser, ready, store, path):
    study = ready(site="west", study="1.7")
    for who in ("eastdoc", "westclinic"):
        answer = browser(who).post(f"/studies/{study}/{path}", **REJECT | {"what": "study"})
        assert answer.status_code == 404
    with store.reading() as session:
        assert session.query(Rejection).count() == 0


@pytest.mark.parametrize("who", ["li", "boss"])
def test_who_may_reject_may_take_it_back_and_the_record_tells_both(browser, two, store, audited, who):
    doctor = browser(who)
    doctor.post(f"/studies/{two}/rejection", **REJECT | {"what": "study"})
    with store.reading() as session:
        rejection = session.query(Rejection).one().id
    answer = doctor.post(f"/rejections/{rejection}/withdrawal", words=" ")
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert doctor.post(f"/rejections/{rejection}/withdrawal", words="点错了检查").status_code == 303
    page = doctor.see(f"/studies/{two}/rejection")
    assert all(said in page for said in ("体位不正", "已撤回", "点错了检查", "有拒收已撤回"))
    assert page.count('name="instance"') == 2 and "/withdrawal" not in page
    assert f'data-study="{two}"' in doctor.see("/worklist")
    assert f'data-study="{two}"' not in doctor.see("/worklist?state=rejected")
    assert ("withdraw", f"study:{two}", "ready") in audited(who)
    assert 'title="ready">待读<' in browser("boss").see("/audit?act=withdraw")
    assert "此拒收已被撤回" in doctor.post(f"/rejections/{rejection}/withdrawal", words="再次").text


def test_a_rejection_of_another_site_and_a_township_cannot_be_taken_back(browser, ready, store):
    study = ready(site="west", study="1.7")
    assert (
        browser("wang").post(f"/studies/{study}/rejection", **REJECT | {"what": "study"}).status_code == 303
    )
    with store.reading() as session:
        rejection = session.query(Rejection).one().id
    for who in ("eastdoc", "westclinic"):
        assert browser(who).post(f"/rejections/{rejection}/withdrawal", words="点错").status_code == 404
    assert browser("wang").post("/rejections/99/withdrawal", words="点错").status_code == 404
    with store.reading() as session:
        assert session.query(Study).one().state == "rejected"


def test_the_reader_of_images_that_came_back_is_told_and_signs_what_stands_now(li, browser, two, store):
    other = browser("wang")
    other.post(f"/studies/{two}/rejection", **REJECT, instance="1.2.8")
    before = li.get(f"/studies/{two}/case.json").json
    with store.reading() as session:
        rejection = session.query(Rejection).one().id
    other.post(f"/rejections/{rejection}/withdrawal", words="点错了图像")
    after = li.get(f"/studies/{two}/case.json").json
    shown = [one["sopInstanceUID"] for part in after["series"] for one in part["instances"]]
    assert sorted(shown) == ["1.2.8", "1.2.9"] and after["study"]["note"] == "有拒收已撤回"
    assert after["shown"] != before["shown"]


def test_the_page_and_the_township_are_told_that_its_own_system_has_to_be_asked(browser, two, store):
    wang, clinic = browser("wang"), browser("eastclinic")
    wang.post(f"/studies/{two}/rejection", **REJECT | {"what": "study"})
    with store.writing() as session:
        rejection = session.query(Rejection).one()
        audit.append(session, audit.entry("reject", f"instance:{rejection.ko_uid}", "told"))
        number = rejection.id
    wang.post(f"/rejections/{number}/withdrawal", words="点错了检查")
    assert "机构的系统此前已收到拒收通知" in wang.see(f"/studies/{two}/rejection")
    inbox = clinic.see("/inbox")
    assert "拒收已撤回，图像 2 幅重新有效" in inbox and "点错了检查" in inbox and "请重新摄片" not in inbox
