"""The signed PDF, judged by poppler's pdfsig, and the key that signs it."""

import asyncio
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta, timezone, tzinfo
from multiprocessing import get_context
from pathlib import Path

import pytest

from hub.domain.report import ReportText
from hub.errors import SetupFault
from hub.report import file_signer
from hub.report.file_signer import KEY_FILE, make_file_signer
from hub.report.pades import sign_pdf
from hub.report.page import DoctorOnPage, PatientOnPage, ReportPage, StudyOnPage
from hub.report.pdf import report_pdf
from hub.report.render import signed_report

ORGANISATION = "县人民医院远程诊断中心"
AT = datetime(2026, 11, 22, 10, 5, 33, tzinfo=timezone(timedelta(hours=8)))
PAGE = ReportPage(
    organisation=ORGANISATION,
    title="数字X线检查诊断报告",
    patient=PatientOnPage("张𬭊", "P1"),
    study=StudyOnPage("1.2.3", "玉都镇卫生院", "2026-11-22", "DR"),
    text=ReportText("双肺清晰。", "未见异常。"),
    signer=DoctorOnPage("李审核", "110620105000123"),
    signed_at=AT,
    digest="0" * 64,
)
Judge = Callable[[bytes], str]


@pytest.fixture
def pdfsig(program: Callable[[str], str], tmp_path: Path) -> Judge:
    """Give what pdfsig says of a PDF."""
    path = program("pdfsig")

    def say(pdf: bytes) -> str:
        (tmp_path / "signed.pdf").write_bytes(pdf)
        shell = [path, "-nocert", str(tmp_path / "signed.pdf")]
        return subprocess.run(shell, capture_output=True).stdout.decode(errors="replace")

    return say


def test_the_signature_is_valid_and_covers_the_whole_document(pdfsig: Judge, tmp_path: Path) -> None:
    said = pdfsig(signed_report(PAGE, make_file_signer(tmp_path / "keys", ORGANISATION)))
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert f"CN={ORGANISATION}" in said
    assert "Nov 22 2026" in said and ":05:33" in said


def test_one_changed_byte_makes_the_signature_invalid(pdfsig: Judge, tmp_path: Path) -> None:
    signed = bytearray(signed_report(PAGE, make_file_signer(tmp_path, ORGANISATION)))
    place = signed.index(b"stream\n") + 20
    signed[place] ^= 1
    assert "Signature is Valid" not in pdfsig(bytes(signed))


def test_signing_only_appends(tmp_path: Path) -> None:
    pdf = report_pdf(PAGE)
    signed = sign_pdf(pdf, make_file_signer(tmp_path, ORGANISATION), "李审核", "报告签发", AT)
    assert signed.startswith(pdf) and len(signed) > len(pdf)


def test_signing_works_inside_a_running_event_loop(pdfsig: Judge, tmp_path: Path) -> None:
    signer = make_file_signer(tmp_path, ORGANISATION)

    async def sign() -> bytes:
        return signed_report(PAGE, signer)

    assert "Signature is Valid" in pdfsig(asyncio.run(sign()))


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = make_file_signer(folder, ORGANISATION)
    again = make_file_signer(folder, "another name")
    assert first.certificates == again.certificates
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [file.name for file in folder.iterdir()] == [KEY_FILE]
    assert "PRIVATE" not in repr(first) and "key" not in repr(first).lower()


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(_first_certificate, [tmp_path / "keys"] * 8))
    assert len(set(made)) == 1


def _first_certificate(folder: Path) -> bytes:
    return make_file_signer(folder, ORGANISATION).certificates[0]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_file_signer(tmp_path, ORGANISATION)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(SetupFault, match="0600"):
        make_file_signer(tmp_path, ORGANISATION)


def test_a_damaged_key_file_is_refused_and_kept(tmp_path: Path) -> None:
    make_file_signer(tmp_path, ORGANISATION)
    (tmp_path / KEY_FILE).write_bytes(b"not a key")
    with pytest.raises(SetupFault, match="not a P-256 key"):
        make_file_signer(tmp_path, ORGANISATION)
    assert (tmp_path / KEY_FILE).read_bytes() == b"not a key"


class InTwentyYears(datetime):
    """A clock that is twenty years ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + timedelta(days=20 * 365)


def test_a_certificate_that_ran_out_signs_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_file_signer(tmp_path, ORGANISATION)
    monkeypatch.setattr(file_signer, "datetime", InTwentyYears)
    with pytest.raises(SetupFault, match="ran out"):
        make_file_signer(tmp_path, ORGANISATION)


@pytest.mark.parametrize("organisation", ["", "很长的名称" * 40, "A & B <x>, O=Evil/CN=y"])
def test_any_organisation_name_makes_a_certificate(organisation: str, pdfsig: Judge, tmp_path: Path) -> None:
    assert "Signature is Valid" in pdfsig(signed_report(PAGE, make_file_signer(tmp_path, organisation)))


def test_an_instant_without_its_offset_is_refused(tmp_path: Path) -> None:
    signer = make_file_signer(tmp_path, ORGANISATION)
    with pytest.raises(ValueError, match="offset"):
        sign_pdf(report_pdf(PAGE), signer, "李审核", "签发", AT.replace(tzinfo=None))
