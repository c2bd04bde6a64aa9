"""The printed ECG, measured on the paper that poppler draws."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hub.domain.report import ReportText
from hub.domain.subject import TWELVE_LEADS, EcgRecord
from hub.report.ecg_style import LAYOUTS, EcgStyle
from hub.report.ecg_svg import ecg_svg
from hub.report.page import DoctorOnPage, PatientOnPage, ReportPage, StudyOnPage
from hub.report.pdf import report_pdf

DOTS_PER_MM = 20
DPI = DOTS_PER_MM * 25.4
#: The rhythm strip begins 15 mm from the paper's left edge; its first 10 mm hold the lead's name.
STRIP_MM, NAME_MM, SECONDS = 15, 10, 10


def report(svg: str) -> ReportPage:
    return ReportPage(
        organisation="县人民医院远程诊断中心",
        title="心电图诊断报告",
        patient=PatientOnPage("张三", "P1"),
        study=StudyOnPage("1.2.3", "玉都镇卫生院", "2026-11-22", "ECG"),
        text=ReportText("窦性心律。", "正常心电图。"),
        signer=DoctorOnPage("李审核"),
        signed_at=datetime(2026, 11, 22, 2, 5, tzinfo=UTC),
        digest="0" * 64,
        ecg_svg=svg,
    )


def square_waves() -> EcgRecord:
    """For 300 ms of every second, from 600 ms on, all leads are at 1 mV."""
    samples = np.zeros((12, 10_000), dtype=np.float32)
    for second in range(SECONDS):
        samples[:, second * 1000 + 600 : second * 1000 + 900] = 1000
    return EcgRecord(TWELVE_LEADS, 1000.0, samples)


@pytest.fixture
def paper(program: Callable[[str], str], tmp_path: Path) -> Callable[[str], np.ndarray]:
    """Give the printed page of an ECG as dots [row, column], 20 to the mm, true where there is ink."""
    pdftoppm = program("pdftoppm")

    def printed(svg: str) -> np.ndarray:
        (tmp_path / "ecg.pdf").write_bytes(report_pdf(report(svg)))
        shell = [pdftoppm, "-r", str(DPI), "-gray", "-f", "2", "-l", "2", "-singlefile"]
        subprocess.run([*shell, str(tmp_path / "ecg.pdf"), str(tmp_path / "ecg")], check=True)
        raw = (tmp_path / "ecg.pgm").read_bytes()
        width, height = (int(number) for number in raw.split(maxsplit=3)[1:3])
        return np.frombuffer(raw[-width * height :], dtype=np.uint8).reshape(height, width) < 100

    return printed


def centres(marked: np.ndarray) -> np.ndarray:
    """The middle of each unbroken run of true, in mm."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(int), [0]))))
    return (edges[::2] + edges[1::2] - 1) / 2 / DOTS_PER_MM


def test_the_page_is_a4_across(paper: Callable[[str], np.ndarray]) -> None:
    height, width = paper(ecg_svg(square_waves())).shape
    assert abs(width / DOTS_PER_MM - 297) < 0.1 and abs(height / DOTS_PER_MM - 210) < 0.1


def test_on_paper_one_millivolt_is_ten_millimetres_and_one_second_twenty_five(
    paper: Callable[[str], np.ndarray],
) -> None:
    ink = paper(ecg_svg(square_waves()))
    left = (297 - 270) / 2 + STRIP_MM
    columns = slice(int((left + NAME_MM) * DOTS_PER_MM), int((left + 249) * DOTS_PER_MM))
    rows = centres(ink[:, columns].mean(axis=1) > 0.2)
    rhythm, plateau = rows[rows < rows.max() + 1][-1], rows[-2]
    assert abs((rhythm - plateau) - 10.0) < 0.05

    between = slice(int((plateau + 2) * DOTS_PER_MM), int((rhythm - 2) * DOTS_PER_MM))
    edges = centres(ink[between, columns].mean(axis=0) > 0.9)
    assert len(edges) == 2 * SECONDS
    assert np.allclose(np.diff(edges[::2]), 25.0, atol=0.06)
    assert np.allclose(edges[1::2] - edges[::2], 7.5, atol=0.06)


def test_on_paper_the_calibration_pulse_is_ten_by_five_millimetres(
    paper: Callable[[str], np.ndarray],
) -> None:
    ink = paper(ecg_svg(square_waves()))
    left = (297 - 270) / 2
    columns = slice(int((left + 0.5) * DOTS_PER_MM), int((left + 14.5) * DOTS_PER_MM))
    below_header = ink[30 * DOTS_PER_MM :, columns]
    rows = centres(below_header.mean(axis=1) > 0.3)
    assert np.allclose(rows[1::2] - rows[::2], 10.0, atol=0.05)
    sides = centres(below_header[: 60 * DOTS_PER_MM].mean(axis=0) > 0.2)
    assert np.allclose(np.diff(sides), 5.0, atol=0.05)


@pytest.mark.parametrize("layout", [one for one in LAYOUTS if one != "6x2r"])  # which is for screens
def test_every_layout_of_ten_seconds_fits_the_paper(layout: str) -> None:
    tall = EcgRecord(TWELVE_LEADS, 1000.0, square_waves().microvolts * 9)
    assert report_pdf(report(ecg_svg(tall, EcgStyle(layout=layout)))).startswith(b"%PDF")


def test_a_tracing_too_wide_for_the_paper_is_refused_and_never_shrunk() -> None:
    with pytest.raises(ValueError, match="true scale"):
        report_pdf(report(ecg_svg(square_waves(), EcgStyle(speed=50))))
