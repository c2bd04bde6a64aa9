"""Models against signed reports: by site, without extra clicks, and thresholds only by a named person."""

import pytest
from sqlalchemy import select, update

from hub.domain.finding import Finding, Reading
from hub.store.pre_reads import keep_reading
from hub.store.tables import Agreement, AuditRow, FirstImpression, Instance, Report, Site, Study
from hub.store.thresholds import thresholds_of
from tests.web.browser import PASSWORD


@pytest.fixture
def read(store, ready):
    """Let a chest study arrive with a reading of pneumonia; return its id."""

    def act(probability=0.9, site="east", study="1.2.7", **more):
        study_id = ready(site, study)
        finding = Finding("pneumonia", "肺炎征象", "Pneumonia", probability, 0.5, probability >= 0.5)
        reading = Reading(
            "chest_pneumonia", "1", "0" * 64, True, scores={"pneumonia": probability}, findings=(finding,),
            inputs={"brightness": 100.0, "contrast": 40.0, "long_side": 224.0}, **more,
        )  # fmt: skip
        with store.writing() as session:
            instance = session.scalars(select(Instance).where(Instance.study_id == study_id)).one()
            keep_reading(session, instance, reading, f"2.25.{study_id}")
        return study_id

    return act


@pytest.fixture
def sign():
    def act(browser, study_id, impression):
        shown = browser.get(f"/studies/{study_id}/case.json").json["shown"]
        said = {"shown": shown, "findings": "", "impression": impression, "advice": "", "addendum": ""}
        said["reasons"] = {"normal": "旧片已有"}
        answer = browser.send("POST", f"/studies/{study_id}/sign", said | {"password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return answer

    return act


def rows(store, table):
    with store.reading() as session:
        return session.scalars(select(table)).all()


def set_reader_first(store, site="east"):
    with store.writing() as session:
        session.execute(update(Site).where(Site.name == site).values(reader_first=True))


def test_signing_notes_what_model_and_report_said(li, store, read, sign):
    sign(li, read(0.9), "心肺膈未见异常")
    (noted,) = rows(store, Agreement)
    assert (noted.finding, noted.positive, noted.said, noted.probability) == (
        "pneumonia",
        True,
        "absent",
        0.9,
    )
    assert not noted.reader_first


def test_a_contradiction_is_listed_for_quality_control(li, boss, read, sign):
    sign(li, read(0.9, study="1.2.7"), "两肺清晰")
    sign(li, read(0.1, study="1.2.8"), "未见肺炎")
    page = boss.see("/quality")
    listed = page.split('id="against"')[1]
    assert "两肺清晰" in listed and "未见肺炎" not in listed


def test_the_table_counts_by_site(li, boss, read, sign):
    sign(li, read(0.9, study="1.2.7"), "右下肺炎")
    sign(li, read(0.2, study="1.2.8"), "心肺膈未见异常")
    sign(li, read(0.2, site="west", study="1.2.9"), "左肺肺炎")
    table = boss.see("/quality").split('id="quality"')[1].split("</table>")[0]
    assert table.count("<tr>") == 3
    assert "1/1" in table and "0/1" in table


def test_quality_is_for_those_who_tend_it(li, browser):
    assert li.get("/quality").status_code == 403
    assert browser("eastclinic").get("/quality").status_code == 403
    assert browser("wang").get("/quality").status_code == 200


def test_a_reviewer_sees_a_threshold_and_cannot_change_it(browser, store):
    wang = browser("wang")
    assert wang.get("/quality/1/pneumonia").status_code == 200
    assert wang.post("/quality/1/pneumonia", **{"value": "0.7", "reason": "过多误报"}).status_code == 404
    with store.reading() as session:
        assert thresholds_of(session, [1]) == {}


def test_a_named_person_changes_it_with_a_reason_and_it_is_audited(boss, store):
    assert boss.post("/quality/1/pneumonia", **{"value": "0.7", "reason": "过多误报"}).status_code == 303
    with store.reading() as session:
        assert thresholds_of(session, [1])[1]["pneumonia"].value == 0.7
        (row,) = session.scalars(select(AuditRow).where(AuditRow.act == "threshold"))
    assert (row.actor, row.thing) == ("boss", "site:east")
    assert "过多误报" in row.detail and "0.7" in row.detail
    assert "过多误报" in boss.see("/quality/1/pneumonia")


@pytest.mark.parametrize(
    "said", [{"value": "0.7", "reason": ""}, {"value": "1.5", "reason": "过多误报"}, {"reason": "过多误报"}]
)
def test_without_a_reason_or_a_probability_nothing_changes(boss, store, said):
    assert boss.post("/quality/1/pneumonia", **said).status_code == 422
    with store.reading() as session:
        assert thresholds_of(session, [1]) == {}


def test_the_models_own_threshold_comes_back_as_a_version_of_its_own(boss, store):
    boss.post("/quality/1/pneumonia", **{"value": "0.7", "reason": "过多误报"})
    boss.post("/quality/1/pneumonia", **{"own": "on", "reason": "新模型上线"})
    with store.reading() as session:
        assert thresholds_of(session, [1]) == {}
    assert "v2" in boss.see("/quality/1/pneumonia")


def test_another_sites_threshold_and_drift_are_not_found(browser, store):
    from hub.store import users

    with store.writing() as session:
        users.add_user(session, "eastboss", "admin", PASSWORD, ("east",), display_name="E", licence="")
    eastboss = browser("eastboss")
    assert eastboss.get("/quality/1/pneumonia").status_code == 200
    assert eastboss.get("/quality/2/pneumonia").status_code == 404
    assert eastboss.get("/quality/drift?site=west").status_code == 404


def test_the_drift_page_draws_each_measure_and_says_its_numbers(boss, read):
    read()
    page = boss.see("/quality/drift?site=east")
    assert page.count("<svg") == 4
    assert "例数不足" in page


def test_where_a_site_reads_first_nothing_of_the_models_is_told_before(li, store, read):
    study_id = read()
    set_reader_first(store)
    case = li.get(f"/studies/{study_id}/case.json").json
    assert (case["aiHidden"], case["preReads"], case["suggestion"]) == (True, [], None)
    assert "肺炎" not in li.see("/worklist") and "先读后看" in li.see("/worklist")


def test_the_first_impression_opens_them_and_is_kept_with_its_instant(li, store, read):
    study_id = read()
    set_reader_first(store)
    li.send("POST", f"/studies/{study_id}/claim", {})
    assert li.send("POST", f"/studies/{study_id}/first-impression", {"text": "右下肺炎"}).status_code == 200
    assert li.send("POST", f"/studies/{study_id}/first-impression", {"text": "未见异常"}).status_code == 200
    (kept,) = rows(store, FirstImpression)
    assert kept.text == "右下肺炎" and kept.at is not None
    case = li.get(f"/studies/{study_id}/case.json").json
    assert not case["aiHidden"] and case["preReads"]


def test_an_empty_first_impression_opens_nothing(li, store, read):
    study_id = read()
    set_reader_first(store)
    li.send("POST", f"/studies/{study_id}/claim", {})
    assert li.send("POST", f"/studies/{study_id}/first-impression", {"text": " "}).status_code in (409, 422)
    assert li.get(f"/studies/{study_id}/case.json").json["aiHidden"]


def test_a_report_signed_without_the_models_does_not_name_them_as_consulted(li, store, read, sign):
    from workers.making.sources import signed_report

    study_id = read()
    set_reader_first(store)
    sign(li, study_id, "右下肺炎")
    with store.reading() as session:
        report = session.scalars(select(Report)).one()
        assert report.shown["pre_reads"] == []
        assert signed_report(session, report.id).consulted == ()
        assert session.get(Study, study_id).state == "signed"
    assert not li.get(f"/studies/{study_id}/case.json").json["aiHidden"]


def test_an_administrator_sets_reading_first_for_a_site(boss, store):
    form = {"label": "East", "ae_title": "EAST1", "address": "", "return_node": "", "signing_minutes": "15",
            "quiet_factor": "1.0", "active": "on", "reader_first": "on"}  # fmt: skip
    assert boss.post("/sites/1", **form).status_code == 303
    with store.reading() as session:
        assert session.get(Site, 1).reader_first
        assert (
            "reader first" in session.scalars(select(AuditRow.detail).where(AuditRow.act == "site")).all()[-1]
        )
