"""The two levels, image quality, putting aside and verifying, as the pages ask for them."""

import re

import pytest
from sqlalchemy import update

from hub.store.tables import ImageQuality, Report, Site, Study, User
from tests.web.browser import PASSWORD, Browser
from tests.web.test_case import TEXT, case, reports, shadow, sign


@pytest.fixture
def zhang(browser, store):
    """A first reader below 中级."""
    from hub.store import users

    with store.writing() as session:
        users.add_user(session, "zhang", "reader", PASSWORD, display_name="Zhang", title="junior")
    return browser("zhang")


@pytest.fixture
def wang(browser):
    return browser("wang")


def write(browser, study, **more):
    body = {"shown": case(browser, study)["shown"], **TEXT} | more
    return browser.send("POST", f"/studies/{study}/write", body)


def test_a_junior_is_told_to_hand_over_and_a_reviewer_sees_it_waiting(zhang, wang, ready):
    study = ready()
    found = case(zhang, study)
    assert found["rights"]["sign"] is False and found["review"]["mustHandOver"] is True
    refused = sign(zhang, study)
    assert (refused.status_code, refused.json["error"]) == (422, "low-title")
    assert write(zhang, study).json == {"next": None}
    waiting = case(wang, study)["review"]["waiting"]
    assert (waiting["by"], waiting["mine"]) == ("Zhang", False)
    assert "Zhang" in wang.see("/reviews") and TEXT["impression"] in wang.see("/reviews")


def test_the_change_is_shown_to_both_and_to_the_writer_until_seen(zhang, wang, ready):
    study = ready()
    write(zhang, study)
    assert sign(wang, study, findings="双肺纹理增多。").status_code == 200
    (change,) = case(zhang, study)["review"]["changes"]
    assert ["gone", "清晰"] in change["parts"]["findings"] and ["new", "增多"] in change["parts"]["findings"]
    page = zhang.see("/reviews")
    assert "<del>清晰</del>" in page and "<ins>增多</ins>" in page
    row = re.search(r"/reviews/(\d+)/seen", page)[1]
    assert wang.post(f"/reviews/{row}/seen").status_code == 404
    assert "<del>" in zhang.see("/reviews")
    zhang.post(f"/reviews/{row}/seen")
    assert "<del>" not in zhang.see("/reviews")


def test_another_first_reader_only_looks_at_what_waits(zhang, browser, ready, store):
    from hub.store import users

    with store.writing() as session:
        users.add_user(session, "sun", "reader", PASSWORD, title="junior")
    study = ready()
    write(zhang, study)
    rights = case(browser("sun"), study)["rights"]
    assert (rights["write"], rights["handOver"], rights["why"]) == (False, False, "报告已提交，等待审核。")
    assert case(zhang, study)["rights"]["write"] is True


def test_where_each_signature_asks_for_the_password_nothing_is_signed_together(zhang, wang, ready, store):
    opened = ready(study="1.2.99", site="west")
    normals(store, zhang, ready, 1)
    sign(wang, opened)
    with store.writing() as session:
        session.execute(update(Site).where(Site.name == "east").values(signing_minutes=0))
    wang.post("/reviews/batch", study=tokens(wang.see("/reviews")))
    assert len(reports(store)) == 1


def test_a_report_goes_back_with_its_reason(zhang, wang, ready, audited):
    study = ready()
    write(zhang, study)
    assert wang.send("POST", f"/studies/{study}/return", {"reason": ""}).json["error"] == "no-reason"
    assert zhang.send("POST", f"/studies/{study}/return", {"reason": "再看"}).json["error"] == "low-title"
    assert wang.send("POST", f"/studies/{study}/return", {"reason": "请描述右肺尖"}).status_code == 200
    assert case(zhang, study)["review"]["returned"]["reason"] == "请描述右肺尖"
    assert "请描述右肺尖" in zhang.see("/reviews")
    assert ("return", f"study:{study}", "ok") in audited("wang")


def test_the_next_case_of_a_reviewer_may_wait_for_review_a_juniors_never(zhang, wang, ready):
    one, two = ready(study="1.2.1"), ready(study="1.2.2")
    write(zhang, one)
    assert case(zhang, two)["next"] is None
    assert case(wang, two)["next"] == f"/studies/{one}"


def test_a_site_of_two_doctors_lets_nobody_sign_alone(wang, ready, store):
    study = ready()
    with store.writing() as session:
        session.execute(update(Site).values(one_doctor=False))
    assert case(wang, study)["review"]["mustHandOver"] is True
    assert sign(wang, study).json["error"] == "not-written"


def normals(store, zhang, ready, number=2):
    studies = [ready(study=f"1.2.{n}") for n in range(number)]
    with store.writing() as session:
        session.execute(update(Study).values(body_part="CHEST"))
    for study in studies:
        words = case(zhang, study)["template"]
        assert write(zhang, study, **words).status_code == 200
    return studies


def tokens(page):
    return re.findall(r'name="study" value="([^"]+)"', page)


def test_normal_reports_of_one_reader_are_signed_together(zhang, wang, ready, store):
    other = ready(study="1.2.99")
    normals(store, zhang, ready)
    boxes = tokens(wang.see("/reviews"))
    assert len(boxes) == 2
    wang.post("/reviews/batch", study=boxes)
    assert reports(store) == []
    sign(wang, other)
    wang.post("/reviews/batch", study=boxes)
    assert [(r.author_name, r.signer_name) for r in reports(store)[1:]] == [("Zhang", "Wang")] * 2


def test_what_is_no_normal_template_or_of_another_reader_is_not_signed_together(
    zhang, wang, ready, store, browser
):
    opened = ready(study="1.2.99")
    (one,) = normals(store, zhang, ready, 1)
    abnormal = ready(study="1.2.98")
    write(zhang, abnormal, impression="右下肺炎。")
    (box,) = tokens(wang.see("/reviews"))
    sign(wang, opened)
    shown = case(wang, abnormal)["shown"]
    wang.post("/reviews/batch", study=[box, f"{abnormal}|{shown}"])
    assert [r.study_id for r in reports(store)[1:]] == [one]
    assert tokens(zhang.see("/reviews")) == []


def test_a_contradiction_names_itself_and_passes_with_a_reason(wang, ready, store, audited):
    study = ready()
    shadow(store, study)
    refused = sign(wang, study)
    assert (refused.status_code, refused.json["error"]) == (409, "concerns")
    (concern,) = refused.json["concerns"]
    assert concern["key"] == "normal" and "肺炎" in concern["said"] and concern["title"]
    assert sign(wang, study, reasons={"normal": "旧片已有"}).status_code == 200
    assert ("override", f"study:{study}", "normal") in audited("wang")


@pytest.mark.parametrize("beside", [{"reasons": []}, {"reasons": {"x": 1}}, {"lesions": ["a", -1, None]}])
def test_what_is_no_reason_and_no_length_is_left_out(wang, ready, beside):
    assert sign(wang, ready(), **beside).status_code == 200


def test_a_measured_lesion_contradicts_a_normal_report(wang, ready):
    refused = sign(wang, ready(), lesions=[8.25])
    assert refused.json["concerns"][0]["key"] == "normal" and "8.2 mm" in refused.json["concerns"][0]["said"]


def test_a_grade_is_kept_and_one_below_the_best_says_why(wang, ready, store, audited):
    study = ready()
    send = lambda **said: wang.send("POST", f"/studies/{study}/image-quality", said)  # noqa: E731
    assert send(grade="A").json["imageQuality"]["grade"] == "A"
    assert send(grade="C").json["error"] == "no-grade-reason"
    assert send(grade="C", reason="吸气不足").status_code == 200
    assert case(wang, study)["imageQuality"] == {"grade": "C", "reason": "吸气不足", "by": "Wang"}
    with store.reading() as session:
        assert session.query(ImageQuality).count() == 2


def test_a_study_put_aside_is_one_key_away_until_it_is_open_again(wang, ready):
    one, two = ready(study="1.2.1"), ready(study="1.2.2")
    assert wang.send("POST", f"/studies/{one}/aside").json["next"] == f"/studies/{two}"
    assert wang.get(f"/studies/{one}/case.json?ahead=1").status_code == 200  # fetched, not yet looked at
    assert case(wang, two)["aside"] == [f"/studies/{one}"]
    case(wang, one)
    assert case(wang, two)["aside"] == []


@pytest.mark.parametrize("path", ["write", "return", "image-quality", "aside"])
def test_another_sites_study_does_not_exist_here_either(browser, ready, path):
    study = ready(site="west")
    body = {"reason": "abc", "grade": "A", "shown": "", **TEXT}
    assert browser("eastdoc").send("POST", f"/studies/{study}/{path}", body).status_code == 404


def test_anybody_verifies_a_paper_and_learns_nothing_else(app, wang, ready, store):
    sign(wang, ready(name="张三丰"))
    with store.reading() as session:
        digest = session.query(Report).one().digest
    stranger = Browser(app)
    page = stranger.see(f"/verify/{digest}")
    assert "现行版本" in page and "张三丰" not in page and "Wang" not in page
    assert "现行版本" in stranger.see(f"/verify?digits={digest[:4]}+{digest[4:16]}")
    assert "没有签发过" in stranger.see("/verify/" + "0" * 64)
    assert "现行版本" not in stranger.see("/verify")


def test_a_title_is_given_on_the_page_of_accounts(boss, store):
    fields = {"role": "reader", "password": PASSWORD, "username": "sun"}
    boss.post("/users/new", **fields)
    with store.reading() as session:
        user = session.query(User).filter_by(username="sun").one()
    assert user.title == "junior"
    boss.post(f"/users/{user.id}", role="reader", title="senior", active="on")
    assert boss.post(f"/users/{user.id}", role="reader", title="king", active="on").status_code == 422
    with store.reading() as session:
        assert session.get_one(User, user.id).title == "senior"
