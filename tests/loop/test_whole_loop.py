"""The whole loop in a browser: a study is opened, windowed, written, signed, and its report comes home.

Beside it what only a demo hub at work can show: a backup while it takes studies in, its accounts, its logs.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time

import pydicom
import pytest
from playwright.sync_api import expect

from tests.loop.browser import chromium, log_in, picture
from tests.plugins.running_hub import ROOT, until

IMPRESSION = "右下肺炎，㑇䶮㙦𬭊𫠊。"


@pytest.fixture(scope="module")
def busy_demo(make_module_hub):
    """A demo hub to which its townships are sending."""
    hub = make_module_hub("--demo")
    hub.start()
    return hub


@pytest.fixture(scope="module")
def demo(busy_demo):
    """A demo hub whose twelve studies have arrived and been read."""
    store = busy_demo.store()
    until(lambda: ready_studies(store) == 12, 180, "the demo's studies did not arrive")
    return busy_demo


def ready_studies(store):
    from sqlalchemy import func, select

    from hub.store.tables import PreRead, Study

    with store.reading() as session:
        read = select(func.count(PreRead.study_id.distinct())).where(PreRead.in_effect)
        ready = select(func.count()).select_from(Study).where(Study.state == "ready")
        return min(session.scalar(read), session.scalar(ready))


@pytest.fixture
def accounts(demo):
    listed = json.loads((demo.data / "demo-accounts.json").read_text())
    return {account["username"]: account for account in listed}


@pytest.fixture
def browser(program):
    with chromium(program("chromium")) as opened:
        yield opened


def open_study(page, name):
    page.get_by_role("link", name=name).first.click()
    page.wait_for_url(re.compile(r"/studies/\d+"))
    page.wait_for_selector("textarea")


def write_and_sign(page, password, impression=IMPRESSION, findings="双肺纹理增多，右下肺见斑片影。"):
    page.get_by_label("检查所见").fill(findings)
    page.get_by_label("诊断意见").fill(impression)
    page.get_by_label("诊断意见").press("Control+Enter")
    page.locator("dialog input[type=password]").fill(password)
    page.locator("dialog input[type=password]").press("Enter")


def ledger_row(browser, demo, accounts, name):
    page = log_in(browser, demo.url, accounts["admin"])
    page.goto(f"{demo.url}/ledger")
    picture(page, "ledger")
    return page.locator("tr", has_text=name).filter(has_text="@").first


def test_a_backup_of_a_running_hub_restores_with_everything_that_was_acknowledged(busy_demo, tmp_path):
    files = busy_demo.data / "files"
    until(lambda: sum(path.is_file() for path in files.rglob("*")) > 3, 60, "nothing came in")
    busy_demo.command("backup", str(tmp_path / "copy"))
    command = [sys.executable, "-m", "readhub", "restore", tmp_path / "copy", "--data", tmp_path / "new"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "audit trail intact" in done.stdout
    assert_every_row_has_its_file(tmp_path / "new")


def assert_every_row_has_its_file(data):
    with sqlite3.connect(data / "hub.sqlite3") as rows:
        keys = [key for (key,) in rows.execute("SELECT file_key FROM instance")]
    assert len(keys) > 3
    assert [key for key in keys if not (data / "files" / key[:2] / key).is_file()] == []


def test_a_film_is_read_signed_and_home_at_a_peer_that_cannot_be_asked(  # noqa: PLR0913
    demo, accounts, browser, storescp, program, tmp_path
):
    with storescp() as (node, folder):
        demo.command("site", "edit", "qingshan", "--return", str(node))
        page = log_in(browser, demo.url, accounts["reader"])
        picture(page, "worklist")
        open_study(page, "李小雨")
        expect(page.locator(".ai-box").first).to_be_visible(timeout=30_000)
        expect(page.locator(".ai-text").first).to_contain_text("AI 提示 肺炎")
        window_it(page)
        picture(page, "reading")
        write_and_sign(page, accounts["reader"]["password"])
        until(lambda: len(list(folder.iterdir())) == 2, 30, "no SR and PDF at the township")
        assert_judges_are_content(program, folder, tmp_path)
        row = ledger_row(browser, demo, accounts, "李小雨")
        expect(row).to_contain_text("0x0000")
        expect(row).not_to_contain_text("已确认")


def window_it(page):
    """Drag with the left button: the window numbers change."""
    shown = page.locator("text=/W \\d+ C \\d+/").first
    before = shown.inner_text()
    page.mouse.move(560, 400)
    page.mouse.down()
    page.mouse.move(660, 460, steps=4)
    page.mouse.up()
    expect(shown).not_to_have_text(before)


def assert_judges_are_content(program, folder, tmp_path):
    files = {pydicom.dcmread(path).Modality: path for path in folder.iterdir()}
    for path in files.values():
        judged = subprocess.run([program("dciodvfy"), path], capture_output=True, text=True, check=False)
        assert not re.search("^Error", judged.stdout + judged.stderr, re.MULTILINE)
    said = subprocess.run([program("dsrdump"), "+U8", "+Pl", files["SR"]], capture_output=True, check=True)
    assert IMPRESSION in said.stdout.decode()
    document = pydicom.dcmread(files["DOC"])
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(document.EncapsulatedDocument[: document.EncapsulatedDocumentLength])
    signature = subprocess.run([program("pdfsig"), pdf], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in signature.stdout


def test_the_demos_township_confirms_opens_it_and_the_ledger_says_who(demo, accounts, browser):
    page = log_in(browser, demo.url, accounts["ecg"])
    open_study(page, "徐长福")
    expect(page.locator(".ecg svg, svg[data-layout]").first).to_be_visible(timeout=30_000)
    picture(page, "ecg")
    write_and_sign(page, accounts["ecg"]["password"], "窦性心律。")
    folder = demo.data / "demo-township"
    until(lambda: len(list(folder.rglob("*.dcm"))) >= 2, 60, "no report at the demo's township")
    clinic = log_in(browser, demo.url, accounts["baihe"], phone=True)
    clinic.goto(f"{demo.url}/inbox")
    picture(clinic, "inbox-phone")
    clinic.get_by_text("徐长福").first.click()
    expect(clinic.get_by_text("窦性心律。").first).to_be_visible()
    picture(clinic, "inbox-report-phone")
    row = ledger_row(browser, demo, accounts, "徐长福")
    expect(row).to_contain_text("已确认")
    expect(row).to_contain_text("赵医生")


def test_orthanc_as_the_township_confirms_too(demo, accounts, browser, orthanc):
    demo.command("site", "edit", "shuanglong", "--return", str(orthanc.node))
    page = log_in(browser, demo.url, accounts["reader"])
    open_study(page, "何建军")
    write_and_sign(page, accounts["reader"]["password"], "左小腿未见骨折。", "左小腿诸骨骨皮质连续。")
    until(lambda: orthanc.instances() == 2, 60, "no report at Orthanc")
    row = ledger_row(browser, demo, accounts, "何建军")
    expect(row).to_contain_text("已确认", timeout=15_000)


def test_a_guessed_name_is_asked_about_before_it_goes_under_a_signature(demo, accounts, browser):
    page = log_in(browser, demo.url, accounts["reader"])
    open_study(page, "张智宏")
    expect(page.locator(".case-notices")).to_contain_text("病史：咳嗽")
    write_and_sign(page, accounts["reader"]["password"], "右下肺炎。")
    asked = page.locator("dialog", has_text="请核对患者姓名")
    expect(asked.locator(".asked-name")).to_have_text("张智宏")
    picture(page, "name-guessed")
    page.keyboard.press("Enter")
    expect(asked).to_be_hidden()
    assert "/studies/" in page.url, "Enter alone confirms nothing"
    page.get_by_label("诊断意见").press("Control+Enter")
    page.locator("dialog input[type=password]").fill(accounts["reader"]["password"])
    page.locator("dialog input[type=password]").press("Enter")
    page.get_by_role("button", name="姓名无误，签发").click()
    row = ledger_row(browser, demo, accounts, "张智宏")
    expect(row).to_contain_text("张智宏")


def test_the_demo_says_its_accounts_and_no_log_names_a_patient_or_a_password(demo, accounts):
    """The last test: the logs are those of all that the others did."""
    assert {account["role"] for account in accounts.values()} == {
        "reader", "reviewer", "ecg", "expert", "admin", "township",
    }  # fmt: skip
    assert all(set(account) == {"username", "password", "role", "sites"} for account in accounts.values())
    assert (demo.data / "demo-accounts.json").stat().st_mode & 0o777 == 0o600
    assert len(list((demo.data / "demo-sent").glob("[0-9]*"))) == 13
    time.sleep(1)
    logs = list((demo.data / "logs").glob("*.log"))
    said = "".join(path.read_text("utf-8", "replace") for path in logs)
    assert "demo sent" in said, "the logs are empty, or are not these"
    secret = names_and_numbers() | {account["password"] for account in accounts.values()}
    assert sorted(word for word in secret if word in said) == []


def names_and_numbers():
    """Return the demo's people as a log might tell of them."""
    from dicom.demo.cases import demo_cases

    people = [case.person for case in demo_cases("20260101")]
    said = {part for person in people for part in (person.patient_id, person.name)}
    return {word for word in said | {word.partition("=")[0] for word in said} if word}
