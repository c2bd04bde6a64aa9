"""ECG files by a page or a script: scoped, capped, audited, and kept like what came by C-STORE."""

import hashlib
from io import BytesIO

import pytest
from sqlalchemy import select, text

from dicom.load import load_dataset
from hub.domain.people import may
from hub.errors import NotKept
from hub.store import users
from hub.store.tables import AuditRow, Errand, Instance, Site, Study
from tests.plugins.ecg_samples import SAMPLES
from tests.web.browser import PASSWORD
from web import security
from web.refused import write_what_waits

SCP = SAMPLES["SCP-ECG"]()


@pytest.fixture
def upload(store):
    """Upload files in a browser for a site and return the answer."""

    def send(browser, *files, site="east", **headers):
        with store.reading() as session:
            number = session.scalars(select(Site.id).where(Site.name == site)).one()
        parts = [(BytesIO(content), f"file{n}") for n, content in enumerate(files)]
        fields = {"csrf_token": browser.token, "site": str(number), "file": parts}
        return browser.client.post("/ecg-files", data=fields, headers=headers)

    return send


def held(store):
    with store.reading() as session:
        return session.scalars(select(Instance)).all()


@pytest.mark.parametrize("who", ["eastclinic", "boss"])
def test_a_township_and_an_administrator_import_a_file(browser, upload, store, audited, who):
    page = upload(browser(who), SCP)
    assert page.status_code == 200
    assert "已导入（SCP-ECG）" in page.text
    (instance,) = held(store)
    assert instance.calling_ae == "WEB-UPLOAD"
    with store.reading() as session:
        study = session.scalars(select(Study)).one()
        assert (study.site.name, study.modality, study.patient.patient_id) == ("east", "ECG", "SCP-1")
        kinds = set(session.scalars(select(Errand.kind)))
    assert kinds == {"pre-read", "settle"}
    thing = f"ecg-file:{hashlib.sha256(SCP).hexdigest()[:16]}"
    assert ("import", thing, "kept") in audited(who)


def test_an_ecg_is_kept_with_its_audit_row_or_not_at_all(browser, upload, store, audited):
    clinic = browser("eastclinic")
    with store.writing() as session:
        session.execute(text("ALTER TABLE audit RENAME TO away"))
    assert upload(clinic, SCP).status_code == 503
    assert held(store) == []
    with store.writing() as session:
        session.execute(text("ALTER TABLE away RENAME TO audit"))
    upload(clinic, SCP)
    upload(clinic, SCP, b"no ECG at all")
    assert [row[2] for row in audited("eastclinic") if row[0] == "import"] == [
        "refused", "kept", "same-again", "refused",
    ]  # fmt: skip  # the first, of the 503, as soon as there was a table for it


def test_the_page_offers_only_the_persons_own_sites(browser):
    page = browser("eastclinic").see("/ecg-files")
    assert ">east<" in page and ">west<" not in page


def test_importing_the_same_file_again_adds_nothing(browser, upload, store):
    clinic = browser("eastclinic")
    upload(clinic, SCP)
    assert "没有重复添加" in upload(clinic, SCP, SCP).text
    assert len(held(store)) == 1


def test_a_file_for_another_site_is_not_found_and_audited(browser, upload, store, audited):
    answer = upload(browser("eastclinic"), SCP, site="west")
    assert answer.status_code == 404
    assert ("view", "site:2", "not-yours") in audited("eastclinic")
    assert held(store) == []


def test_a_closed_site_takes_no_files(browser, upload, store):
    with store.writing() as session:
        session.scalars(select(Site).where(Site.name == "east")).one().active = False
    assert upload(browser("boss"), SCP).status_code == 404
    assert held(store) == []


@pytest.mark.parametrize("role", ["reader", "reviewer", "expert"])
def test_whose_role_does_not_import_gets_no_page(browser, store, role):
    assert not may(role, "import")
    with store.writing() as session:
        users.add_user(session, "other", role, PASSWORD, ["east"])
    assert browser("other").get("/ecg-files").status_code == 403


def test_a_form_without_its_token_imports_nothing(browser, store):
    clinic = browser("eastclinic")
    fields = {"site": "1", "file": [(BytesIO(SCP), "ecg.scp")]}
    assert clinic.client.post("/ecg-files", data=fields).status_code == 400
    assert held(store) == []


def test_nobody_uploads_without_a_log_in(app, store):
    client = app.test_client()
    fields = {"site": "1", "file": [(BytesIO(SCP), "ecg.scp")]}
    assert client.post("/ecg-files", data=fields).status_code == 401
    assert held(store) == []


def test_a_script_gets_json_for_every_file(browser, upload):
    answer = upload(browser("eastclinic"), SCP, b"%PDF-1.7", Accept="application/json")
    first, second = answer.json["files"]
    assert (first["outcome"], first["format"]) == ("kept", "SCP-ECG")
    assert first["sha256"] == hashlib.sha256(SCP).hexdigest()
    assert (second["outcome"], second["reason"]) == ("refused", "picture")
    assert "PDF" in second["message"]


def test_a_refused_file_is_a_sentence_and_an_audit_row(browser, upload, store, audited):
    clinic = browser("eastclinic")
    assert "不是本系统认识的心电图格式" in upload(clinic, b"no ECG at all").text
    assert "import" in {row[0] for row in audited("eastclinic") if row[2] == "refused"}
    assert held(store) == []


def test_a_file_that_is_too_large_is_refused_in_words(browser, upload, store):
    answer = upload(browser("eastclinic"), bytes(17 * 1024 * 1024))
    assert "文件超过 16 MiB" in answer.text
    answer = upload(browser("eastclinic"), bytes(security.UPLOADS["ecg_files.upload"] + 1))
    assert answer.status_code == 413
    assert held(store) == []


def test_other_pages_take_no_large_body(browser):
    assert browser("eastclinic").post("/language", lang="x" * (2 * 1024 * 1024)).status_code == 413


def test_a_full_disk_is_said_and_audited_and_nothing_is_half_kept(
    browser, upload, store, audited, monkeypatch
):
    def full(*_parts):
        raise NotKept("no space left on device")

    monkeypatch.setattr(store.vault, "begin", full)
    answer = upload(browser("eastclinic"), SCP)
    assert answer.status_code == 503
    assert "稍后重试" in answer.text
    assert held(store) == []
    thing = f"ecg-file:{hashlib.sha256(SCP).hexdigest()[:16]}"
    assert [row for row in audited("eastclinic") if row[0] == "import"] == [("import", thing, "refused")]
    with store.reading() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.act == "import")).one()
    assert (row.site, row.detail) == ("east", "503 no space left on device; by upload")


def test_a_refusal_that_waits_for_the_database_is_written_when_the_process_ends(
    browser, upload, store, app, audited
):
    clinic = browser("eastclinic")
    with store.writing() as session:
        session.execute(text("ALTER TABLE audit RENAME TO away"))
    assert upload(clinic, SCP).status_code == 503
    with store.writing() as session:
        session.execute(text("ALTER TABLE away RENAME TO audit"))
    write_what_waits(app)
    assert [row[2] for row in audited("eastclinic") if row[0] == "import"] == ["refused"]


def test_the_original_comes_back_byte_for_byte(browser, upload, store, audited):
    upload(browser("boss"), SCP)
    (instance,) = held(store)
    path = f"/studies/{instance.study_id}/original?instance={instance.sop_instance_uid}"
    answer = browser("li").get(path)
    assert answer.data == SCP
    assert "attachment" in answer.headers["Content-Disposition"]
    assert ("download", f"instance:{instance.sop_instance_uid}", "ok") in audited("li")


def test_the_original_of_another_site_is_not_there(browser, upload, store):
    upload(browser("boss"), SCP, site="west")
    (instance,) = held(store)
    path = f"/studies/{instance.study_id}/original?instance={instance.sop_instance_uid}"
    assert browser("eastdoc").get(path).status_code == 404


def test_a_dicom_ecg_is_kept_as_it_is_and_has_no_other_original(browser, upload, store):
    content = SAMPLES["DICOM"]()
    assert "已导入（DICOM）" in upload(browser("boss"), content).text
    (instance,) = held(store)
    kept = load_dataset(store.vault.path(instance.file_key))
    assert kept.SOPInstanceUID == instance.sop_instance_uid
    path = f"/studies/{instance.study_id}/original?instance={instance.sop_instance_uid}"
    assert browser("li").get(path).status_code == 404


def test_a_dicom_object_that_another_site_holds_is_refused_without_saying_so(browser, upload, store):
    content = SAMPLES["DICOM"]()
    upload(browser("boss"), content, site="west")
    answer = upload(browser("boss"), content, site="east")
    assert "中心没有接受这个对象" in answer.text and "west" not in answer.text.split("<form")[0]
    assert len(held(store)) == 1


def test_the_same_file_of_two_sites_is_two_studies(browser, upload, store):
    upload(browser("boss"), SCP, site="west")
    upload(browser("boss"), SCP, site="east")
    assert len({instance.study_id for instance in held(store)}) == 2
