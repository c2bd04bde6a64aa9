"""Screening by the pages: what is shown is signed, what failed says why, the list of AF goes out safely."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.report.safe_csv import safe_csv
from hub.store import now, users
from hub.store.tables import AuditRow, Campaign, Patient, Report, Screened, Site, Study, User
from tests.plugins.screening import AF, NOT_ASSESSED, ecg, open_campaign, sign_singly
from tests.web.browser import PASSWORD
from tests.web.test_case import case

__all__ = ["ecg"]

STAFF = {"qian": ("ecg", ()), "sun": ("ecg", ()), "zhou": ("expert", ()), "eastecg": ("ecg", ("east",))}


@pytest.fixture
def staff(store, people):
    with store.writing() as session:
        for name, (role, sites) in STAFF.items():
            users.add_user(session, name, role, PASSWORD, sites, display_name=name.title(), title="senior")
    with store.reading() as session:
        return {user.username: user.id for user in session.scalars(select(User))}


@pytest.fixture
def campaign(store, staff):
    return open_campaign(store, staff["boss"])


@pytest.fixture
def qian(browser, campaign):
    return browser("qian")


def sheet(browser, campaign):
    """Open a page; return its address and its studies."""
    page = browser.see(f"/screening/{campaign}/sheet")
    found = re.search(rf"/screening/{campaign}/sheets/\d+", page)
    studies = [int(one) for one in re.findall(r'class="sheet-card" tabindex="0" data-study="(\d+)"', page)]
    return found[0] if found else "", studies


def confirm(browser, at, studies, seen=None, **more):
    seen = studies if seen is None else seen
    body = {"studies": studies, "seen": seen, "password": PASSWORD} | more
    return browser.send("POST", f"{at}/confirm", body)


def reports(store):
    with store.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def test_nine_are_shown_with_who_what_was_measured_and_the_words_to_be_signed(qian, campaign, ecg):
    ids = ecg(number=10)
    page = qian.see(f"/screening/{campaign}/sheet")
    assert sheet(qian, campaign)[1] == ids[:9]
    assert "心1" in page and "窦性心律" in page and "416" in page and "本页 9 份，共待 10 份" in page
    assert f'src="/studies/{ids[0]}/ecg.svg?layout=6x2r&amp;seconds=5"' in page


def test_confirming_asks_for_the_password_once_and_signs_all(qian, campaign, ecg, store, audited):
    ids = ecg(number=3)
    at, studies = sheet(qian, campaign)
    assert confirm(qian, at, studies, password="").json["error"] == "password"
    assert confirm(qian, at, studies, password="wrong").status_code == 401
    assert reports(store) == []
    answer = confirm(qian, at, studies)
    assert [one["outcome"] for one in answer.json["results"]] == ["signed"] * 3
    assert [report.study_id for report in reports(store)] == ids
    ecg(number=2)
    at, studies = sheet(qian, campaign)
    assert confirm(qian, at, studies, password="").status_code == 200
    assert len(reports(store)) == 5
    assert [act for act, _thing, _outcome in audited("qian")].count("sign") == 5


def test_sending_it_again_signs_nothing_twice(qian, campaign, ecg, store):
    ecg(number=2)
    at, studies = sheet(qian, campaign)
    for outcome in ("signed", "again"):
        assert {one["outcome"] for one in confirm(qian, at, studies).json["results"]} == {outcome}
    assert len(reports(store)) == 2


@pytest.mark.parametrize("left", ["unseen", "missing", "more", "not handed out"])
def test_a_page_that_was_not_seen_or_is_not_the_one_handed_out_is_refused(qian, campaign, ecg, store, left):
    ids = ecg(number=3)
    at, studies = sheet(qian, campaign)
    other = ecg(number=9)[-1]
    answer = {
        "unseen": lambda: confirm(qian, at, studies, studies[:2]),
        "missing": lambda: confirm(qian, at, studies[:2]),
        "more": lambda: confirm(qian, at, [*studies, other]),
        "not handed out": lambda: confirm(qian, at, [*ids[:2], other]),
    }[left]()
    assert (answer.status_code, reports(store)) == (422, [])
    with store.reading() as session:
        refused = select(AuditRow.thing).where(AuditRow.act == "screen", AuditRow.outcome == "refused")
        assert session.scalars(refused).all() == [f"campaign:{campaign}"]


@pytest.mark.parametrize("body", [None, {}, {"studies": "1", "seen": []}, {"studies": [True], "seen": []},
                                  {"studies": list(range(60)), "seen": []}])  # fmt: skip
def test_a_malformed_confirmation_is_refused(qian, campaign, ecg, store, body):
    ecg()
    at, _studies = sheet(qian, campaign)
    assert qian.send("POST", f"{at}/confirm", body).status_code == 400
    assert reports(store) == []


def test_one_that_fails_says_why_and_the_others_are_signed(qian, campaign, ecg, store, arrive):
    late, odd, fine = ecg(number=3)
    at, studies = sheet(qian, campaign)
    with store.writing() as session:
        patient = session.scalars(select(Patient).where(Patient.name == "心2")).one()
        patient.name_guessed = True
    arrive(study="1.9.1", sop="1.9.1.10", series="1.9.1.1", patient="E-1", name="心1", modality="ECG")
    results = {one["study"]: one for one in confirm(qian, at, studies).json["results"]}
    assert "接收" in results[late]["said"] and "推测" in results[odd]["said"]
    assert results[fine] == {"study": fine, "outcome": "signed", "said": ""}
    assert [report.study_id for report in reports(store)] == [fine]
    with store.reading() as session:
        (row,) = session.scalars(select(Screened).where(Screened.kind == "single"))
        assert (row.study_id, row.why) == (odd, "concerns")


def test_what_is_taken_out_is_kept_at_once_and_the_rest_is_confirmed(qian, campaign, ecg, store):
    one, two = ecg(number=2)
    at, _studies = sheet(qian, campaign)
    assert qian.send("POST", f"{at}/apart", {"study": one, "out": True}).status_code == 200
    assert sheet(qian, campaign)[1] == [two]
    assert confirm(qian, at, [two]).json["results"][0]["outcome"] == "signed"
    assert f'href="/studies/{one}?campaign={campaign}"' in qian.see(f"/screening/{campaign}")
    assert qian.send("POST", f"{at}/apart", {"study": one, "out": False}).status_code == 200
    assert sheet(qian, campaign)[1] == [one]
    for wrong in ({"study": 99, "out": True}, {"study": "1", "out": True}, {"study": one, "out": 1}):
        assert qian.send("POST", f"{at}/apart", wrong).status_code in (400, 404)


def test_where_all_are_handed_over_no_password_is_asked_for(browser, campaign, ecg, store):
    ecg(number=2)
    with store.writing() as session:
        session.execute(update(Site).values(one_doctor=False))
    doctor = browser("qian")
    at, studies = sheet(doctor, campaign)
    assert "提交审核" in doctor.see(f"/screening/{campaign}/sheet")
    results = confirm(doctor, at, studies, password="").json["results"]
    assert {one["outcome"] for one in results} == {"handed-over"} and reports(store) == []


def test_another_doctors_page_is_not_mine_to_confirm(qian, browser, campaign, ecg, store):
    ecg()
    at, studies = sheet(qian, campaign)
    assert confirm(browser("sun"), at, studies).status_code == 404
    assert reports(store) == []


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("li", "", 404), ("li", "/sheet", 404), ("eastclinic", "", 404), ("eastclinic", "/af.csv", 404),
        ("boss", "", 200), ("boss", "/sheet", 404), ("boss", "/re-read", 404), ("boss", "/af.csv", 200),
        ("qian", "/sheet", 200), ("zhou", "/re-read", 200), ("wang", "/af", 200),
    ],
)  # fmt: skip
def test_each_role_opens_what_is_its_own(browser, campaign, who, path, status):
    assert browser(who).get(f"/screening/{campaign}{path}").status_code == status


def test_only_an_administrator_opens_and_closes_and_only_an_expert_settles(qian, browser, campaign, ecg):
    study = ecg()
    assert qian.get("/screening/new").status_code == 403
    assert qian.post(f"/screening/{campaign}/close").status_code == 404
    assert browser("wang").post(f"/screening/{campaign}/settle/{study}", verdict="first").status_code == 404


def test_another_sites_campaign_and_patients_do_not_exist_here(browser, store, staff, ecg, audited):
    west = open_campaign(store, staff["boss"], sites=("west",), name="西")
    both = open_campaign(store, staff["boss"], name="两家")
    theirs, mine = ecg(site="west"), ecg(site="east")
    doctor = browser("eastecg")
    page = doctor.see("/screening")
    assert "两家" in page and "西</a>" not in page
    for path in ("", "/sheet", "/single", "/re-read", "/af", "/af.csv", "/af.fhir.json"):
        assert doctor.get(f"/screening/{west}{path}").status_code == 404
    assert ("view", f"campaign:{west}", "not-yours") in audited("eastecg")
    at, studies = sheet(doctor, both)
    assert studies == [mine]
    assert confirm(doctor, at, [mine, theirs]).status_code == 422
    assert doctor.send("POST", f"{at}/apart", {"study": theirs, "out": True}).status_code == 404


def test_a_campaign_is_opened_by_a_form_that_says_what_is_wrong(browser, store, staff, audited):
    boss = browser("boss")
    form = {
        "name": "青山镇 2026",
        "begins": "2026-11-01",
        "ends": "2026-11-30",
        "percent": "5",
        "site": ["1"],
    }
    for wrong in ({"name": ""}, {"ends": "2026-10-01"}, {"percent": "200"}, {"site": []}, {"begins": "x"}):
        answer = boss.post("/screening/new", **form | wrong)
        assert answer.status_code == 422 and "notice-bad" in answer.text
    opened = boss.post("/screening/new", **form)
    page = boss.see(opened.headers["Location"])
    assert "青山镇 2026" in page and "2026-11-01 – 2026-11-30" in page
    assert boss.post("/screening/new", **form).status_code == 422
    with store.reading() as session:
        kept = session.scalars(select(Campaign)).one()
        assert kept.until - kept.since == timedelta(days=30) and kept.since.hour == 16  # midnight in Shanghai
    assert boss.post("/screening/new", **form | {"name": "他处", "site": ["99"]}).status_code == 404
    assert ("campaign", "campaign:1", "opened") in audited("boss")


def test_a_closed_campaign_hands_out_nothing_more(browser, qian, campaign, ecg, store):
    ecg()
    at, studies = sheet(qian, campaign)
    browser("boss").post(f"/screening/{campaign}/close")
    assert sheet(qian, campaign) == ("", [])
    (result,) = confirm(qian, at, studies).json["results"]
    assert result["outcome"] == "refused" and reports(store) == []


def test_the_counts_on_the_page_add_up(qian, campaign, ecg, staff, store):
    ecg(number=3)
    ecg(NOT_ASSESSED)
    sign_singly(store, ecg(AF), staff["qian"], "心房颤动。")
    at, studies = sheet(qian, campaign)
    qian.send("POST", f"{at}/apart", {"study": studies[0], "out": True})
    confirm(qian, at, studies[1:])
    counted = dict(re.findall(r'data-count="(\w+)">(\d+)<', qian.see(f"/screening/{campaign}")))
    whole = int(counted.pop("cohort"))
    assert (whole, sum(map(int, counted.values()))) == (5, 5)
    assert (counted["batch"], counted["single"], counted["alone"], counted["normal"]) == ("2", "2", "1", "0")


def test_the_single_ones_are_read_one_after_the_other(qian, campaign, ecg, store):
    one, two = ecg(NOT_ASSESSED, 2)
    ecg()
    opened = qian.get(f"/screening/{campaign}/single")
    assert opened.headers["Location"] == f"/studies/{one}?campaign={campaign}"
    page = qian.see(f"/studies/{one}?campaign={campaign}")
    assert f"/studies/{one}/case.json?campaign={campaign}" in page and f'"/screening/{campaign}"' in page
    found = qian.send("GET", f"/studies/{one}/case.json?campaign={campaign}").json
    assert found["next"] == f"/studies/{two}?campaign={campaign}"
    body = {"shown": found["shown"], "password": PASSWORD, "findings": "见波形。", "impression": "窦性心律。",
            "advice": "", "addendum": ""}  # fmt: skip
    signed = qian.send("POST", f"/studies/{one}/sign?campaign={campaign}", body)
    assert signed.json["next"] == f"/studies/{two}?campaign={campaign}"
    assert qian.send("GET", f"/studies/{two}/case.json?campaign={campaign}").json["next"] is None
    assert case(qian, two)["next"] is not None


def test_who_has_no_part_in_screening_gets_the_worklists_next_case(li, campaign, ecg):
    one, two = ecg(NOT_ASSESSED, 2)
    found = li.send("GET", f"/studies/{one}/case.json?campaign={campaign}").json
    assert found["next"] == f"/studies/{two}"


@pytest.fixture
def drawn(browser, store, staff, ecg):
    """A campaign in which everything is drawn, one ECG confirmed by qian: (campaign, study)."""
    campaign, study = open_campaign(store, staff["boss"], percent=100, name="抽取"), ecg()
    doctor = browser("qian")
    at, studies = sheet(doctor, campaign)
    assert confirm(doctor, at, studies).status_code == 200
    return campaign, study


def test_a_second_doctor_reads_blind(browser, drawn, store, audited):
    campaign, study = drawn
    page = browser("sun").see(f"/screening/{campaign}/re-read")
    assert f"/studies/{study}/ecg.svg" in page and "心1" in page
    assert "窦性心律" not in page and "Qian" not in page and "416" not in page
    assert "须由另一位医生复读" in browser("qian").see(f"/screening/{campaign}/re-read")
    assert ("view", f"study:{study}", "ok") in audited("sun")


def test_the_same_doctor_never_reads_again(browser, drawn, store):
    campaign, study = drawn
    answer = browser("qian").post(f"/screening/{campaign}/re-read/{study}", normal="yes")
    assert answer.status_code == 404
    with store.reading() as session:
        assert session.scalars(select(Screened)).one().re_read_at is None


def test_a_disagreement_reaches_an_expert_with_both_words(browser, drawn, store):
    campaign, study = drawn
    sun, zhou = browser("sun"), browser("zhou")
    assert sun.post(f"/screening/{campaign}/re-read/{study}", normal="no").status_code == 422
    sun.post(f"/screening/{campaign}/re-read/{study}", normal="no", statement="<b>房早</b>")
    assert sun.post(f"/screening/{campaign}/re-read/{study}", normal="yes").status_code == 422
    page = zhou.see(f"/screening/{campaign}")
    assert "&lt;b&gt;房早" in page and "正常心电图" in page and "Qian" in page and "Sun" in page
    assert "房早" not in browser("qian").see(f"/screening/{campaign}")
    zhou.post(f"/screening/{campaign}/settle/{study}", verdict="second")
    assert "采纳复读" in zhou.see(f"/screening/{campaign}")
    with store.reading() as session:
        kept = session.scalars(select(Screened)).one()
        assert (kept.agreed, kept.verdict, kept.statement) == (False, "second", "<b>房早</b>")


@pytest.fixture
def af(store, staff, ecg):
    """A campaign with one sure and one doubtful report: (campaign, studies)."""
    campaign = open_campaign(store, staff["boss"], name="房颤")
    sure, doubtful, denied = ecg(AF, name="=HYPERLINK(1)"), ecg(AF, site="west"), ecg()
    with store.writing() as session:
        for study, date in ((sure, "20261120"), (doubtful, "")):
            row = session.get_one(Study, study)
            row.study_date, row.patient.sex, row.patient.birth_date = date, "M", "19500203"
    for study, words in ((sure, "心房颤动，心房扑动。"), (doubtful, "不除外房颤。"), (denied, "未见房颤。")):
        sign_singly(store, study, staff["qian"], words)
    return campaign, (sure, doubtful)


def test_the_list_of_af_opens_in_a_spreadsheet_without_a_formula(browser, af, audited):
    campaign, _studies = af
    doctor = browser("qian")
    answer = doctor.get(f"/screening/{campaign}/af.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf") and "attachment" in answer.headers["Content-Disposition"]
    head, sure, doubtful = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    row = dict(zip(head, sure, strict=True))
    assert row["姓名"] == "'=HYPERLINK(1)" and row["性别"] == "男" and row["年龄"] == "76岁"
    assert (row["检查日期"], row["机构"], row["心律"], row["确定程度"]) == (
        "2026-11-20", "east", "心房颤动、心房扑动", "明确",
    )  # fmt: skip
    assert (row["心室率（次/分）"], row["医生"], row["诊断意见"]) == (
        "72",
        "Qian",
        "心房颤动，心房扑动。",
    )
    assert dict(zip(head, doubtful, strict=True))["确定程度"] == "待核实"
    assert ("download", f"campaign:{campaign}", "ok") in audited("qian")
    assert "=HYPERLINK(1)" in doctor.see(f"/screening/{campaign}/af")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\r=1", "\n@x"])
def test_no_cell_is_taken_for_a_formula(cell):
    (row,) = csv.reader(io.StringIO(safe_csv([cell], []).decode("utf-8-sig"), newline=""))
    assert row[0].startswith("'")


def test_a_cell_of_several_lines_and_quotes_stays_one_cell():
    rows = list(
        csv.reader(io.StringIO(safe_csv(["a"], [['x,"y"\nz'], [None]]).decode("utf-8-sig"), newline=""))
    )
    assert rows == [["a"], ['x,"y"\nz'], [""]]


def test_the_fhir_collection_is_whole_and_says_how_sure_it_is(browser, af, audited):
    campaign, _studies = af
    answer = browser("qian").get(f"/screening/{campaign}/af.fhir.json")
    assert answer.mimetype == "application/fhir+json"
    bundle = json.loads(answer.data)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    entries = {one["fullUrl"]: one["resource"] for one in bundle["entry"]}
    assert len(entries) == len(bundle["entry"])
    of_kind = {}
    for url, resource in entries.items():
        assert url == f"urn:uuid:{resource['id']}"
        of_kind.setdefault(resource["resourceType"], []).append(resource)
    assert {kind: len(found) for kind, found in of_kind.items()} == {
        "Patient": 2, "DiagnosticReport": 2, "Condition": 3,
    }  # fmt: skip
    for condition in of_kind["Condition"]:
        assert entries[condition["subject"]["reference"]]["resourceType"] == "Patient"
        assert entries[condition["evidence"][0]["detail"][0]["reference"]]["status"] == "final"
    codes = [
        (one["code"]["coding"][0]["code"], one["verificationStatus"]["coding"][0]["code"])
        for one in of_kind["Condition"]
    ]
    assert sorted(codes) == [("49436004", "confirmed"), ("49436004", "provisional"), ("5370000", "confirmed")]
    man = next(one for one in of_kind["Patient"] if one["name"][0]["text"] == "=HYPERLINK(1)")
    assert (man["gender"], man["birthDate"], man["identifier"][0]["value"]) == ("male", "1950-02-03", "E-1")
    dated = [one.get("effectiveDateTime") for one in of_kind["DiagnosticReport"]]
    assert sorted(dated, key=str) == ["2026-11-20", None]
    again = json.loads(browser("qian").get(f"/screening/{campaign}/af.fhir.json").data)
    assert again["entry"] == bundle["entry"]
    assert audited("qian").count(("download", f"campaign:{campaign}", "ok")) == 2


def test_an_export_holds_the_patients_of_ones_own_sites_only(browser, af):
    campaign, _studies = af
    doctor = browser("eastecg")
    assert "不除外" not in doctor.get(f"/screening/{campaign}/af.csv").text
    patients = [one["resource"] for one in doctor.get(f"/screening/{campaign}/af.fhir.json").json["entry"]]
    assert sum(one["resourceType"] == "Patient" for one in patients) == 1


def test_every_page_of_screening_is_in_english_too(browser, drawn, af):
    from tests.web.test_language import CHINESE, in_english

    campaign, study = drawn
    browser("sun").post(f"/screening/{campaign}/re-read/{study}", normal="no", statement="PVC")
    pages = {
        "boss": ("/screening", "/screening/new", f"/screening/{campaign}"),
        "zhou": (f"/screening/{campaign}", f"/screening/{campaign}/re-read", f"/screening/{campaign}/sheet"),
    }
    people = {"心", "抽取", "房颤", "窦性心律", "正常心电图", "中文", "次", "分", "间期", "时限", "电轴"}
    for who, paths in pages.items():
        reader = in_english(browser(who))
        for path in paths:
            left = [word for word in CHINESE.findall(reader.see(path)) if word not in people]
            assert left == [], (path, left)


def test_the_trail_names_who_was_shown_on_a_page(qian, campaign, ecg, store):
    ids = ecg(number=2)
    sheet(qian, campaign)
    with store.reading() as session:
        said = session.scalars(select(AuditRow.detail).where(AuditRow.thing == f"campaign:{campaign}")).all()
    assert any(",".join(map(str, ids)) in one for one in said)


def test_a_page_hands_out_what_others_left_lying(qian, browser, campaign, ecg, store):
    from hub.store.tables import ScreeningSheet

    ids = ecg(number=2)
    assert sheet(browser("sun"), campaign)[1] == ids
    page = qian.see(f"/screening/{campaign}/sheet")
    assert "其余 2 份正在他人的筛查页或阅片页上" in page
    with store.writing() as session:
        session.execute(update(ScreeningSheet).values(handed_at=now() - timedelta(minutes=20)))
    assert sheet(qian, campaign)[1] == ids
