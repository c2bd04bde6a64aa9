"""The township's inbox and the county's ledger, as pages."""

from hashlib import sha256

import pytest
from pydicom import Dataset
from sqlalchemy import update

from dicom.make.person import Exam, Person, new_object
from dicom.part10 import part10_head
from dicom.write.frame import data_set_bytes
from hub.store import now
from hub.store.tables import AuditRow, Delivery, Errand, MadeObject, Report, ReportOpening
from tests.web.test_case import sign


@pytest.fixture
def signed(li, ready, store):
    """A signed report of the eastern site: (study id, report id)."""
    study = ready(name="张三")
    assert sign(li, study).status_code == 200
    with store.reading() as session:
        return study, session.query(Report).one().id


def made_pdf(store, study, report, content=b"%PDF-1.7 a signed page\n%%EOF\n"):
    """Keep an encapsulated PDF as the worker does."""
    made: Dataset = new_object(
        "1.2.840.10008.5.1.4.1.1.104.1", Person("P", "张三", "M", "19700101"), Exam("s", "20260101000000", "")
    )
    made.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    made.EncapsulatedDocumentLength = len(content)
    body = data_set_bytes(made)
    head = part10_head(made.SOPClassUID, made.SOPInstanceUID, "1.2.840.10008.1.2.1", {})
    key = store.vault.keep(head, body)
    with store.writing() as session:
        session.add(
            MadeObject(
                study_id=study, kind="report-pdf", report_id=report, sop_class_uid=made.SOPClassUID,
                sop_instance_uid=made.SOPInstanceUID, series_instance_uid=made.SeriesInstanceUID,
                file_key=key, digest=sha256(body).hexdigest(), made_at=now(),
            )
        )  # fmt: skip
    return store.vault.path(key)


def test_the_township_sees_its_study_and_opens_the_report(browser, signed, store, audited):
    _study, report = signed
    clinic = browser("eastclinic")
    assert "张三" in clinic.see("/inbox") and "未打开" in clinic.see("/inbox")
    page = clinic.see(f"/inbox/{report}")
    assert "心、肺、膈未见明确异常。" in page and "Li" in page
    with store.reading() as session:
        (opening,) = session.query(ReportOpening).all()
        assert opening.user.username == "eastclinic"
    assert ("open", f"report:{report}", "ok") in audited("eastclinic")
    assert "Eastclinic" in browser("wang").see("/ledger")


def reject(someone, study, page="rejection", **said):
    said = {"what": "study", "reason": "quality", "words": "体位不正"} | said
    assert someone.post(f"/studies/{study}/{page}", **said).status_code == 303


@pytest.mark.parametrize(
    ("what", "said", "told"),
    [
        ("rejection", {}, ("图像质量不合格", "请重新摄片", "不会生效")),
        ("rejection", {"reason": "patient"}, ("患者安全", "核对患者")),
        ("rejection", {"reason": "worklist"}, ("工作列表条目选错", "正确的条目")),
        ("identity", {"name": "赵^六", "patient_id": "P-RIGHT"}, ("P-RIGHT", "无需重新发送")),
    ],
)
def test_the_clinic_is_told_that_its_study_was_rejected_why_and_what_to_do(browser, ready, what, said, told):
    reject(browser("li"), ready(), what, **said)
    page = browser("eastclinic").see("/inbox")
    assert all(words in page for words in ("张三", "已拒收", "体位不正", "Li", *told))
    assert "体位不正" not in browser("westclinic").see("/inbox")


def test_the_clinic_is_told_of_rejected_images_in_its_list_and_beside_the_report(browser, li, arrive, ready):
    older, newer = ready(study="1.5"), ready(study="1.6", patient="P-NEWER")
    arrive(sop="1.5.8", study="1.5", series="1.5.1", patient="P-1.5", body=b"second")
    assert sign(li, newer).status_code == 200
    for study, one in ((older, "1.5.8"), (newer, "1.6.9")):
        reject(li, study, "rejection", what="instances", instance=one)
    clinic = browser("eastclinic")
    page = clinic.see("/inbox")
    assert page.count("体位不正") == 2 and "被拒收图像 1 幅" in page
    report = page.partition('data-href="')[2].partition('"')[0]
    assert "体位不正" in clinic.see(report)


def test_what_was_rejected_last_stands_on_top_of_the_inbox(browser, li, ready):
    older = ready(study="1.5", patient="P-OLDER")
    ready(study="1.6", patient="P-NEWER")
    reject(li, older)
    page = browser("eastclinic").see("/inbox")
    assert page.index("P-OLDER") < page.index("P-NEWER")


def test_home_sends_each_role_to_its_own_page(browser):
    assert browser("eastclinic").get("/").location == "/inbox"
    assert browser("li").get("/").location == "/worklist"


def test_a_study_without_a_report_stands_there_with_its_state(browser, ready):
    ready()
    assert "尚无报告" in browser("eastclinic").see("/inbox")


def test_printing_is_audited(browser, signed, audited):
    clinic = browser("eastclinic")
    assert "data-print" in clinic.see(f"/inbox/{signed[1]}/print")
    assert ("print", f"report:{signed[1]}", "ok") in audited("eastclinic")


def test_a_pdf_that_is_not_shown_is_no_opening(browser, signed, store, audited):
    _study, report = signed
    assert browser("eastclinic").get(f"/inbox/{report}.pdf").status_code == 202
    assert ("download", f"report:{report}", "being-made") in audited("eastclinic")
    with store.reading() as session:
        assert session.query(ReportOpening).count() == 0


def test_a_pdf_that_is_not_made_yet_says_so(browser, li, signed):
    study, report = signed
    assert browser("eastclinic").get(f"/inbox/{report}.pdf").status_code == 202
    answer = li.get(f"/studies/{study}/reports/1.pdf")
    assert answer.status_code == 202 and "正在生成" in answer.text


def test_the_pdf_is_the_bytes_that_were_made(browser, li, signed, store, audited):
    study, report = signed
    made_pdf(store, study, report)
    for who, path in (
        (browser("eastclinic"), f"/inbox/{report}.pdf"),
        (li, f"/studies/{study}/reports/1.pdf"),
    ):
        answer = who.get(path)
        assert (answer.mimetype, answer.data) == ("application/pdf", b"%PDF-1.7 a signed page\n%%EOF\n")
    assert ("download", f"report:{report}", "ok") in audited("eastclinic")
    assert ("download", f"report:{report}", "ok") in audited("li")


def test_an_altered_pdf_is_never_shown_as_good_and_who_asked_for_it_is_audited(
    browser, li, signed, store, audited
):
    study, report = signed
    path = made_pdf(store, study, report)
    path.write_bytes(path.read_bytes().replace(b"signed page", b"forged page"))
    asked = {"eastclinic": f"/inbox/{report}.pdf", "li": f"/studies/{study}/reports/1.pdf"}
    for name, address in asked.items():
        answer = browser(name).get(address)
        assert answer.status_code == 500 and b"%PDF" not in answer.data
        assert [row for row in audited(name) if row[0] == "download"] == [
            ("download", f"report:{report}", "damaged")
        ]
    with store.reading() as session:
        assert session.query(ReportOpening).count() == 0


def test_another_township_has_no_such_report(browser, signed, audited, store):
    other = browser("westclinic")
    assert "张三" not in other.see("/inbox")
    for path in (f"/inbox/{signed[1]}", f"/inbox/{signed[1]}.pdf", f"/inbox/{signed[1]}/print", "/inbox/999"):
        assert other.get(path).status_code == 404
    assert [row for row in audited("westclinic") if row[2] == "not-yours"][0][1] == f"report:{signed[1]}"
    with store.reading() as session:
        assert session.query(ReportOpening).count() == 0


def test_an_older_version_points_to_the_newer(browser, li, signed, store):
    study, first = signed
    li.send("POST", f"/studies/{study}/addendum", {})
    sign(li, study, addendum="补充")
    assert "已有更新版本" in browser("eastclinic").see(f"/inbox/{first}")


def test_the_ledger_shows_state_and_status_in_words_and_shape(browser, signed, store):
    with store.writing() as session:
        session.execute(update(Delivery).values(state="failing", status=0xA700, failures=3))
    page = browser("wang").see("/ledger")
    assert "badge-failing" in page and "0xA700" in page and "row-red" in page and "已发送</span>" not in page


def test_a_dead_delivery_is_retried_by_hand_and_that_is_one_audit_row(browser, signed, store):
    with store.writing() as session:
        session.execute(update(Delivery).values(state="dead"))
        delivery = session.query(Delivery).one().id
        session.add(Errand(kind="deliver", key=f"deliver:{delivery}", subject_id=delivery, state="dead",
                           due_at=now(), created_at=now()))  # fmt: skip
    wang = browser("wang")
    assert f"/ledger/{delivery}/retry" in wang.see("/ledger")
    assert wang.post(f"/ledger/{delivery}/retry").status_code == 303
    with store.reading() as session:
        assert session.get_one(Delivery, delivery).state == "queued"
        assert session.query(Errand).filter_by(kind="deliver").one().state == "waiting"
    assert wang.post(f"/ledger/{delivery}/retry").status_code == 303  # nothing to retry any more
    with store.reading() as session:
        (row,) = session.query(AuditRow).filter_by(outcome="retried-by-hand")
        assert (row.act, row.thing) == ("deliver", f"delivery:{delivery}")
        assert (row.actor, row.site) == ("wang", "east")
        assert row.address == "127.0.0.1" and row.detail == "report:1 inbox"


def test_a_report_text_is_shown_and_never_run(browser, li, ready):
    evil = "<script>alert(1)</script>"
    study = ready(name=evil)
    assert sign(li, study, findings=evil, impression=evil).status_code == 200
    for who, path in (
        (browser("eastclinic"), "/inbox/1"),
        (browser("eastclinic"), "/inbox"),
        (browser("wang"), "/ledger"),
    ):
        page = who.see(path)
        assert evil not in page and "&lt;script&gt;" in page
