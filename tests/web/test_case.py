"""The reading page's case, its draft, its claim and its signature, as the page's script asks for them."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from hub.domain.finding import Box, Finding, Reading
from hub.store import now, users
from hub.store.pre_reads import keep_reading
from hub.store.tables import Instance, LoginSession, Patient, Report, Site, Study
from tests.web.browser import PASSWORD

TEXT = {"findings": "双肺纹理清晰。", "impression": "心、肺、膈未见明确异常。", "advice": "", "addendum": ""}


def case(browser, study_id):
    return browser.send("GET", f"/studies/{study_id}/case.json").json


def sign(browser, study_id, password=PASSWORD, **more):
    shown = case(browser, study_id)["shown"]
    body = {"shown": shown, "password": password, **TEXT} | more
    return browser.send("POST", f"/studies/{study_id}/sign", body)


def reports(store):
    with store.reading() as session:
        return session.query(Report).order_by(Report.id).all()


def test_the_case_has_everything_the_contract_names(li, ready):
    found = case(li, ready())
    assert set(found) == {
        "study", "patient", "arriving", "series", "preReads", "priors", "draft", "suggestion", "template",
        "templates", "claim", "reports", "signing", "shown", "rights", "next", "user", "aiHidden",
        "imageQuality", "aside", "review", "marking", "ecgEdits", "critical",
    }  # fmt: skip
    assert found["study"]["state"] == "ready" and found["patient"]["name"] == "张三"
    assert found["series"][0]["instances"][0]["sopInstanceUID"] == "1.2.9"
    assert found["draft"] == {
        "version": 0, "findings": "", "impression": "", "advice": "", "addendum": "",
        "savedAt": None, "by": None,
    }  # fmt: skip
    assert found["rights"] == {"write": True, "sign": True, "handOver": True, "why": ""}
    assert found["signing"] == {"openUntil": None, "everySignature": False}


def test_the_page_points_its_script_at_the_case(li, ready):
    study = ready()
    assert f'data-case="/studies/{study}/case.json"' in li.see(f"/studies/{study}")


def test_an_arriving_study_can_be_looked_at_not_signed(li, arrive):
    arrive()
    found = case(li, 1)
    assert found["arriving"] == {"received": 1, "expected": None}
    assert found["rights"]["sign"] is False and "接收" in found["rights"]["why"]


def test_priors_are_the_same_patients_at_the_same_site(li, ready):
    old = ready(study="1.2.1", patient="P1")
    new = ready(study="1.2.2", patient="P1")
    ready(site="west", study="1.2.3", patient="P1")
    assert [prior["id"] for prior in case(li, new)["priors"]] == [old]


def test_the_previous_report_stands_beside_the_new_one(li, ready):
    old = ready(study="1.2.1", patient="P1")
    assert sign(li, old).status_code == 200
    (prior,) = case(li, ready(study="1.2.2", patient="P1"))["priors"]
    assert (prior["findings"], prior["impression"]) == (TEXT["findings"], TEXT["impression"])


def shadow(store, study_id, **more):
    found = Finding("pneumonia", "肺炎", "pneumonia", 0.9, 0.5, True, (Box((1, 2, 3, 4), 0.9),))
    said = {"assessed": True, "findings": (found,)} | more
    with store.writing() as session:
        instance = session.query(Instance).filter_by(study_id=study_id).one()
        keep_reading(session, instance, Reading("chest", "1.2", "0" * 64, **said), "2.25.5")


def test_what_a_model_found_comes_with_its_box_and_a_suggestion(li, ready, store):
    study = ready()
    shadow(store, study)
    found = case(li, study)
    (reading,) = found["preReads"]
    assert reading["findings"][0]["boxes"][0]["xyxy"] == [1, 2, 3, 4]
    assert "肺" in found["suggestion"]["impression"] and found["suggestion"]["source"] == "AI chest 1.2"


def test_what_was_not_assessed_says_why_and_suggests_nothing(li, ready, store):
    study = ready()
    shadow(store, study, assessed=False, findings=(), reason="out-of-scope:body-part")
    found = case(li, study)
    assert found["suggestion"] is None and found["preReads"][0]["reasonText"] == "此部位不在模型适用范围内"


def test_a_draft_is_saved_and_can_be_signed_as_it_was_saved(li, ready, store):
    study = ready()
    saved = li.send("PUT", f"/studies/{study}/draft", {**TEXT, "base": 0}).json
    assert saved["version"] == 1
    body = {**TEXT, "shown": saved["shown"], "password": PASSWORD}
    assert li.send("POST", f"/studies/{study}/sign", body).json["version"] == 1


def test_a_draft_changed_elsewhere_comes_back_whole(li, ready):
    study = ready()
    for base in (0, 1):
        li.send("PUT", f"/studies/{study}/draft", {**TEXT, "findings": f"text {base}", "base": base})
    answer = li.send("PUT", f"/studies/{study}/draft", {**TEXT, "base": 1})
    assert (answer.status_code, answer.json["error"]) == (409, "draft-changed")
    assert (answer.json["draft"]["version"], answer.json["draft"]["findings"]) == (2, "text 1")


@pytest.mark.parametrize(
    "body", [None, [], {"base": "1"}, {"base": True}, {"base": -1}, {"base": 0, "findings": 7}]
)
def test_a_malformed_draft_is_refused(li, ready, body):
    assert li.send("PUT", f"/studies/{ready()}/draft", body).status_code == 400


def test_a_claimed_study_shows_its_reader_and_is_taken_over_by_saying_so(browser, ready, audited):
    study, li, wang = ready(), browser("li"), browser("wang")
    assert li.send("POST", f"/studies/{study}/claim", {"takeOver": False}).json["claim"]["mine"] is True
    refused = wang.send("POST", f"/studies/{study}/claim", {})
    assert (refused.status_code, refused.json["by"]) == (423, "Li")
    assert case(wang, study)["rights"] == {
        "write": False, "sign": False, "handOver": False, "why": "Li 正在阅片。",
    }  # fmt: skip
    assert 'class="claim"' in wang.see("/worklist")
    assert wang.send("PUT", f"/studies/{study}/draft", {**TEXT, "base": 0}).status_code == 423
    assert sign(wang, study).status_code == 423
    assert wang.send("POST", f"/studies/{study}/claim", {"takeOver": True}).status_code == 200
    assert ("claim", f"study:{study}", "taken-over") in audited("wang")
    assert wang.send("DELETE", f"/studies/{study}/claim").status_code == 200
    assert case(li, study)["claim"] is None


def test_the_first_signature_asks_for_the_password_the_next_does_not(li, ready):
    one, two = ready(study="1.2.1"), ready(study="1.2.2")
    asked = sign(li, one, password=None)
    assert (asked.status_code, asked.json["error"]) == (401, "password")
    assert sign(li, one).json == {"version": 1, "next": f"/studies/{two}"}
    assert case(li, two)["signing"]["openUntil"] is not None
    assert sign(li, two, password=None).status_code == 200


def test_a_wrong_password_signs_nothing_and_is_audited(li, ready, store, audited):
    assert sign(li, ready(), password="wrong").status_code == 401
    assert reports(store) == []
    assert ("sign-password", "user:li", "wrong-password") in audited("li")


def test_guessing_the_password_at_a_signature_is_slowed_like_a_login(li, ready, audited):
    study = ready()
    for _ in range(5):
        sign(li, study, password="wrong")
    assert sign(li, study).status_code == 401
    assert audited("li")[-1] == ("sign-password", "user:li", "slowed")


def test_the_window_closes_by_lock_by_quiet_and_by_a_new_login(li, ready, store):
    studies = [ready(study=f"1.2.{n}") for n in range(4)]
    assert sign(li, studies[0]).status_code == 200
    li.send("POST", "/lock")
    assert sign(li, studies[1], password=None).status_code == 401
    assert sign(li, studies[1]).status_code == 200
    with store.writing() as session:
        session.execute(update(LoginSession).values(seen_at=now() - timedelta(minutes=16)))
    assert sign(li, studies[2], password=None).status_code == 401
    assert sign(li, studies[2]).status_code == 200
    li.post("/logout")
    li.login("li")
    assert sign(li, studies[3], password=None).status_code == 401


def test_a_site_may_ask_for_every_signature(li, ready, store):
    one, two = ready(study="1.2.1"), ready(study="1.2.2")
    with store.writing() as session:
        session.execute(update(Site).values(signing_minutes=0))
    assert sign(li, one).status_code == 200
    assert case(li, two)["signing"] == {"openUntil": None, "everySignature": True}
    assert sign(li, two, password=None).status_code == 401


def test_a_late_image_stops_the_signature_and_is_named(li, ready, arrive, store):
    study = ready()
    shown = case(li, study)["shown"]
    li.send("PUT", f"/studies/{study}/draft", {**TEXT, "base": 0})
    fresh = case(li, study)["shown"]
    arrive(sop="1.2.99", study="1.2", patient="P-1.2", body=b"late")
    for token, expected in ((shown, ["instances", "draft"]), (fresh, ["instances"])):
        body = {**TEXT, "shown": token, "password": PASSWORD}
        answer = li.send("POST", f"/studies/{study}/sign", body)
        assert (answer.status_code, answer.json["differences"]) == (409, expected)
    assert "图像" in answer.json["message"] and reports(store) == []


def test_a_double_click_answers_twice_and_signs_once(li, ready, store):
    study = ready()
    body = {**TEXT, "shown": case(li, study)["shown"], "password": PASSWORD}
    answers = [li.send("POST", f"/studies/{study}/sign", body) for _ in range(2)]
    assert [answer.json["version"] for answer in answers] == [1, 1] and len(reports(store)) == 1


def test_an_empty_impression_cannot_be_signed(li, ready):
    answer = sign(li, ready(), impression=" ")
    assert (answer.status_code, answer.json["message"]) == (422, "诊断意见为空，不能签名。")


def test_what_the_models_suggested_is_kept_beside_what_was_signed(li, ready, store):
    study = ready()
    shadow(store, study)
    sign(li, study, reasons={"normal": "旧片已有"})
    assert "肺" in reports(store)[0].suggestion["impression"]


def test_an_addendum_opens_a_signed_study_and_makes_a_second_version(li, ready, store, audited):
    study = ready()
    sign(li, study)
    assert case(li, study)["rights"]["write"] is False
    assert li.send("POST", f"/studies/{study}/addendum", {}).json == {"state": "reopened"}
    found = case(li, study)
    assert found["draft"]["impression"] == TEXT["impression"] and found["rights"]["sign"] is True
    assert sign(li, study).status_code == 422
    assert sign(li, study, addendum="补充：左肺下野小结节。").json["version"] == 2
    assert [report["kind"] for report in case(li, study)["reports"]] == ["report", "addendum"]
    assert ("addendum", f"study:{study}", "opened") in audited("li")


def test_a_signature_and_its_refusal_are_audited(li, ready, audited):
    study = ready()
    sign(li, study, impression="")
    sign(li, study)
    rows = [row for row in audited("li") if row[0] == "sign"]
    assert rows == [("sign", f"study:{study}", "refused"), ("sign", f"study:{study}", "ok")]


def test_opening_a_case_is_one_view(li, ready, audited):
    study = ready()
    case(li, study)
    assert audited("li").count(("view", f"study:{study}", "ok")) == 1


def test_an_administrator_looks_and_neither_writes_nor_signs(boss, ready):
    study = ready()
    rights = case(boss, study)["rights"]
    assert rights == {"write": False, "sign": False, "handOver": False, "why": "您的账号不能书写报告。"}
    assert boss.send("PUT", f"/studies/{study}/draft", {**TEXT, "base": 0}).status_code == 404
    assert sign(boss, study).status_code == 404


def test_a_study_that_is_set_apart_is_gone_for_readers(browser, ready, store):
    study = ready()
    with store.writing() as session:
        session.execute(update(Study).values(state="quarantined"))
    assert browser("li").get(f"/studies/{study}/case.json").status_code == 404
    assert browser("boss").get(f"/studies/{study}/case.json").status_code == 200


def test_the_next_case_is_one_that_nobody_else_holds(browser, ready):
    one, two, three = (ready(study=f"1.2.{n}") for n in range(3))
    browser("wang").send("POST", f"/studies/{two}/claim", {})
    assert case(browser("li"), one)["next"] == f"/studies/{three}"


def test_a_guessed_name_is_asked_about_before_it_is_signed(li, ready, store):
    study = ready()
    with store.writing() as session:
        session.execute(update(Patient).values(name_guessed=True))
    asked = sign(li, study)
    assert (asked.status_code, asked.json["error"], asked.json["name"]) == (409, "name-guessed", "张三")
    assert "张三" in asked.json["message"] and reports(store) == []
    assert sign(li, study, confirmedName="张三").status_code == 200
    assert case(li, study)["patient"]["guessed"] is False


def test_the_ecg_doctor_looks_at_a_film_and_writes_nothing(store, browser, ready, audited):
    with store.writing() as session:
        users.add_user(session, "qian", "ecg", PASSWORD)
    qian, study = browser("qian"), ready()
    found = case(qian, study)
    assert (found["rights"]["write"], found["rights"]["sign"]) == (False, False)
    assert "心电" in found["rights"]["why"]
    assert qian.send("PUT", f"/studies/{study}/draft", {**TEXT, "base": 0}).json["error"] == "other-kind"
    assert qian.send("POST", f"/studies/{study}/claim", {}).status_code == 422
    assert sign(qian, study).json["error"] == "other-kind"
    refused = [row for row in audited("qian") if row[2] in ("other-kind", "refused")]
    assert [row[0] for row in refused] == ["draft", "draft", "sign"]


def test_the_next_case_of_the_ecg_doctor_is_an_ecg(store, browser, ready):
    with store.writing() as session:
        users.add_user(session, "qian", "ecg", PASSWORD)
    first = ready(study="1.2.1", modality="ECG")
    ready(study="1.2.2", modality="DX")
    ecg = ready(study="1.2.3", modality="ECG")
    assert case(browser("qian"), first)["next"] == f"/studies/{ecg}"
