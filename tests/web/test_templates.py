"""The page of templates: for those who direct the reading, each change a version with an audit row."""

import pytest

from tests.web.test_case import case

CHANGED = {
    "title": "胸片正常", "kind": "normal", "modalities": "DX, CR", "words": "CHEST 胸", "shortcut": "ZC",
    "findings": "心肺未见异常改变。", "impression": "心肺正常。", "advice": "", "offered": "on",
}  # fmt: skip


def test_a_changed_template_is_what_the_next_case_offers(boss, browser, ready, store, audited):
    study = ready()
    with store.writing() as session:
        from hub.store.tables import Study

        session.get_one(Study, study).body_part = "CHEST"
    assert boss.post("/templates/chest-dr.normal", version="0", **CHANGED).status_code == 303
    found = case(browser("li"), study)
    assert found["template"]["impression"] == "心肺正常。"
    assert {"kind", "title", "shortcut", "findings", "impression", "advice"} == set(found["templates"][0])
    assert any(one["kind"] == "finding" and one["shortcut"] == "fy" for one in found["templates"])
    assert ("template", "template:chest-dr.normal", "ok") in audited("boss")
    page = boss.see("/templates/chest-dr.normal")
    assert "心肺正常。" in page and "Boss" in page and "随软件提供" in page


def test_a_change_over_somebody_elses_is_refused_and_keeps_the_words(boss):
    boss.post("/templates/chest-dr.normal", version="0", **CHANGED)
    answer = boss.post("/templates/chest-dr.normal", version="0", **CHANGED | {"impression": "我的"})
    assert answer.status_code == 409 and "我的" in answer.text


def test_a_template_of_ones_own_is_added_once(boss):
    assert boss.post("/templates/new", slug="own.one", **CHANGED).status_code == 303
    assert boss.post("/templates/new", slug="own.one", **CHANGED).status_code == 422
    assert boss.post("/templates/new", slug="../x", **CHANGED).status_code == 422
    assert "own.one" in boss.see("/templates")


@pytest.mark.parametrize("who", ["li", "eastclinic"])
def test_templates_are_changed_by_nobody_else(browser, who):
    reader = browser(who)
    assert reader.get("/templates").status_code == 403
    assert reader.post("/templates/chest-dr.normal", version="0", **CHANGED).status_code == 404
