"""The printed report, judged by poppler: all its words, its fonts, its pages, and nothing read as markup."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import segno

from hub.domain.report import ReportText
from hub.report import fonts
from hub.report.page import DoctorOnPage, PatientOnPage, ReportPage, StudyOnPage
from hub.report.pdf import report_pdf
from hub.report.printable import printable

RARE = "㑇䶮㙦𬭊𫠊"
MARKUP = (
    '#import "/etc/passwd": * #panic() *bold* _thin_ `raw` $x^2$ \\ @ref <tag> // note /* c */ = h [b] '
    "#sys.inputs"
)
PAGE = ReportPage(
    organisation="县人民医院远程诊断中心",
    title="数字X线检查诊断报告",
    patient=PatientOnPage("张" + RARE, "P0012345", "男", "45岁", "1981-03-04"),
    study=StudyOnPage("1.2.826.0.1.99.1", "玉都镇卫生院", "2026-11-22 09:31", "DR", "胸部正位", "ACC001"),
    text=ReportText("双肺纹理清晰。\n心影不大。", "心肺膈未见异常。", "必要时复查。"),
    signer=DoctorOnPage("李审核", "110620105000123"),
    signed_at=datetime(2026, 11, 22, 10, 5, 33, tzinfo=timezone(timedelta(hours=8))),
    digest="0123456789abcdef" * 4,
    author=DoctorOnPage("王" + RARE[0], "220620105000456"),
    ai=("cxr-pneumonia 1.3",),
)
Words = Callable[[ReportPage], list[str]]


@pytest.fixture
def words(program: Callable[[str], str], tmp_path: Path) -> Words:
    """Give the text of each printed page, without the spaces that typesetting adds."""
    pdftotext = program("pdftotext")

    def read(page: ReportPage) -> list[str]:
        (tmp_path / "report.pdf").write_bytes(report_pdf(page))
        shell = [pdftotext, str(tmp_path / "report.pdf"), "-"]
        printed = subprocess.run(shell, check=True, capture_output=True).stdout.decode()
        return ["".join(each.split()) for each in printed.split("\f")[:-1]]

    return read


def test_everything_on_the_page_is_printed(words: Words) -> None:
    (printed,) = words(PAGE)
    expected = (
        *("县人民医院远程诊断中心", "数字X线检查诊断报告", "P0012345", "男", "45岁", "1981-03-04"),
        *("1.2.826.0.1.99.1", "玉都镇卫生院", "2026-11-2209:31", "DR", "胸部正位", "ACC001"),
        *("双肺纹理清晰。", "心影不大。", "心肺膈未见异常。", "必要时复查。", "李审核", "110620105000123"),
        *("2026-11-2210:05:33UTC+08:00", "第1版", "220620105000456", "cxr-pneumonia1.3"),
        *("0123456789abcdef", "第1页/共1页"),
    )
    assert [text for text in expected if text not in printed] == []


def test_rare_characters_of_a_name_print_and_can_be_searched(words: Words) -> None:
    (printed,) = words(PAGE)
    assert "张" + RARE in printed
    assert "U+" not in printed


def test_only_the_chinese_fonts_are_used_and_all_are_embedded(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(report_pdf(PAGE))
    shell = [program("pdffonts"), str(tmp_path / "report.pdf")]
    rows = subprocess.run(shell, check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert len(rows) >= 2
    for row in rows:
        name, *_, embedded, subset, unicode_map, _object, _generation = row.split()
        assert "NotoSansSC" in name
        assert (embedded, subset, unicode_map) == ("yes", "yes", "yes")


FIELDS = ("organisation", "title", "predecessor")


@pytest.mark.parametrize("field", FIELDS)
def test_markup_in_the_page_prints_literally(words: Words, field: str) -> None:
    assert "".join(MARKUP.split()) in words(replace(PAGE, **{field: MARKUP}))[0]


def test_markup_in_patient_study_doctor_and_text_prints_literally(words: Words) -> None:
    hostile = replace(
        PAGE,
        patient=PatientOnPage("#panic(1)", "*2*", "$3$", "_4_", "`5`"),
        study=StudyOnPage("<6>", "@7", "= 8", "\\9", "//10", "#[11]"),
        text=ReportText(f"{MARKUP} F", f"{MARKUP} I", f"{MARKUP} A", f"{MARKUP} Z"),
        signer=DoctorOnPage("#12", "*13*"),
        author=DoctorOnPage("$14$", "_15_"),
        ai=("#let x = 16",),
    )
    printed = words(hostile)[0]
    short = (
        "#panic(1)",
        "*2*",
        "$3$",
        "_4_",
        "`5`",
        "<6>",
        "@7",
        "=8",
        "\\9",
        "//10",
        "#[11]",
        "#12",
        "*13*",
    )
    assert [text for text in (*short, "$14$", "_15_", "#letx=16") if text not in printed] == []
    assert [end for end in "FIAZ" if "".join(MARKUP.split()) + end not in printed] == []


def test_very_long_text_flows_on_with_patient_page_number_and_digest_on_every_page(words: Words) -> None:
    lines = [f"{number}行:双肺纹理增多、紊乱,未见明确实变影,气管及主支气管通畅。" for number in range(300)]
    printed = words(replace(PAGE, text=replace(PAGE.text, findings="\n".join(lines))))
    assert len(printed) > 5
    for number, page in enumerate(printed, start=1):
        assert f"第{number}页/共{len(printed)}页" in page
        assert "张" + RARE in page and "P0012345" in page
        assert "内容摘要0123456789abcdef" in page
    assert [line for line in lines if line not in "".join(printed)] == []
    assert "签发医师李审核" in printed[-1]


def test_one_word_without_a_break_stays_on_the_paper(words: Words) -> None:
    printed = "".join(words(replace(PAGE, text=replace(PAGE.text, findings="肺" * 5000))))
    assert printed.count("肺") == 5000 + 1 + 0  # one more in the impression


def test_demonstration_data_is_marked_on_every_page_and_real_data_on_none(words: Words) -> None:
    long = replace(PAGE, text=replace(PAGE.text, findings="一行\n" * 100))
    assert all("演示数据" in page for page in words(replace(long, demo=True)))
    assert not any("演示" in page for page in words(long))


def test_a_character_that_no_font_has_is_printed_as_its_code_point(words: Words) -> None:
    printed = words(replace(PAGE, patient=replace(PAGE.patient, name="李\U0002a6d5\ue123")))[0]
    assert "李〔U+2A6D5〕〔U+E123〕" in printed


def test_direction_and_control_marks_cannot_hide_text(words: Words) -> None:
    text = replace(PAGE.text, impression="未见\u202e异常\x07 CO₂ 邉\U000e0101")
    assert "未见〔U+202E〕异常〔U+0007〕CO2邉" in words(replace(PAGE, text=text))[0]


def test_a_direction_mark_is_shown_even_where_a_font_has_it() -> None:
    assert printable("a\u202eb\u2066", range(0x110000)) == "a〔U+202E〕b〔U+2066〕"


def test_a_guessed_name_carries_its_question_mark(words: Words) -> None:
    printed = words(replace(PAGE, patient=replace(PAGE.patient, guessed=True)))[0]
    assert f"张{RARE}?(姓名字符待核对)" in printed


def test_a_very_long_name_is_whole_on_the_first_page_and_leaves_room_for_the_id_above_every_page(
    words: Words,
) -> None:
    name = "阿卜杜拉·买买提" * 24
    text = replace(PAGE.text, findings="一行\n" * 100)
    first, *others = words(replace(PAGE, patient=replace(PAGE.patient, name=name), text=text))
    assert first.count("买买提") == 24 + 2  # the line above the page has the first two
    assert others and all("…男45岁病历号P0012345" in page for page in others)


def test_an_addendum_stands_above_the_findings_and_names_its_predecessor(words: Words) -> None:
    text = replace(PAGE.text, addendum="左侧应为右侧。")
    (printed,) = words(replace(PAGE, text=text, version=2, predecessor="取代第 1 版"))
    assert printed.index("取代第1版") < printed.index("左侧应为右侧。") < printed.index("检查所见")
    assert "第2版" in printed


def test_an_english_report_has_english_labels(words: Words) -> None:
    (printed,) = words(replace(PAGE, language="en"))
    assert "Findings" in printed and "Signedby" in printed and "检查所见" not in printed


def test_the_same_page_gives_the_same_bytes() -> None:
    assert report_pdf(PAGE) == report_pdf(replace(PAGE))
    assert report_pdf(PAGE) != report_pdf(replace(PAGE, digest="f" * 64))


@pytest.mark.parametrize(
    ("address", "said"),
    [("", PAGE.digest), ("https://hub.example.org", f"https://hub.example.org/verify/{PAGE.digest}")],
)
def test_the_code_on_the_paper_is_that_of_the_whole_digest_or_leads_to_its_verification(
    program: Callable[[str], str], tmp_path: Path, address: str, said: str
) -> None:
    (tmp_path / "report.pdf").write_bytes(report_pdf(replace(PAGE, verify_at=address)))
    picture = tmp_path / "code"
    # The code's corner is at 20 mm from the left; it is 20 mm wide and the lowest dark square of the page.
    shell = [program("pdftoppm"), "-r", "508", "-gray", "-singlefile", "-x", "400", "-W", "400"]
    subprocess.run([*shell, str(tmp_path / "report.pdf"), str(picture)], check=True)
    dark = _pgm(picture.with_suffix(".pgm")) < 128
    expected = np.array([list(row) for row in segno.make(said, micro=False, error="m").matrix]) > 0
    found = [
        top
        for top in range(dark.shape[0] - 400)
        if dark[top, 30] and np.array_equal(_modules(dark[top : top + 400], len(expected)), expected)
    ]
    assert found


def _modules(square: np.ndarray, count: int) -> np.ndarray:
    centres = ((np.arange(count) + 0.5) * square.shape[0] / count).astype(int)
    return square[np.ix_(centres, centres)]


def _pgm(file: Path) -> np.ndarray:
    kind, width, height, _depth = file.read_bytes().split(maxsplit=4)[:4]
    assert kind == b"P5"
    shape = int(height), int(width)
    return np.frombuffer(file.read_bytes()[-shape[0] * shape[1] :], dtype=np.uint8).reshape(shape)


@pytest.mark.parametrize(
    "wrong", [{"signed_at": datetime(2026, 1, 1)}, {"digest": "abc"}, {"language": "fr"}]
)
def test_a_page_that_cannot_be_true_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        replace(PAGE, **wrong)


def test_missing_fonts_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts, "_PLACES", (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(fonts.FontsMissing, match="build the front end"):
        fonts.font_folder.__wrapped__()
    with pytest.raises(fonts.FontsMissing, match="build the front end"):
        report_pdf(PAGE, tmp_path)
