"""The one-page sheet of a self-test, in Chinese: what was tried, what was seen, and what the hub offers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typst

from hub.report.fonts import FAMILIES, covered_characters, font_folder, loaded_fonts
from hub.report.printable import printable

_TEMPLATE = Path(__file__).with_name("selftest.typ")
TITLE = "DICOM 接入自检单"
SERVICES = (
    ("连通测试 Verification", "SCP / SCU", "C-ECHO"),
    ("存储 Storage", "SCP / SCU", "全部存储类，包括旧超声与 32 位心电；全部传输语法，按收到的字节保存"),
    (
        "查询与调阅 Query/Retrieve",
        "SCP",
        "患者根与检查根；C-FIND、C-MOVE、C-GET；只答本机构与共享给本机构的检查",
    ),
    ("工作列表 Modality Worklist", "SCP", "应答字符集按设备设置：ISO_IR 192 或 GB18030"),
    ("执行步骤 MPPS", "SCP", "N-CREATE、N-SET；按完成清单判断图像收齐"),
    ("存储承诺 Storage Commitment", "SCP / SCU", "结果在新的连接上报告，逐幅如实"),
    ("可用通知 IAN", "SCU", "按设备设置"),
)


@dataclass(frozen=True)
class SheetLine:
    """One check as it is printed."""

    name: str
    passed: bool
    seen: str
    milliseconds: float


@dataclass(frozen=True)
class Sheet:
    """What the sheet says; `made_at` carries the county's time zone."""

    organisation: str
    site: str
    hub: str
    device: str
    version: str
    made_at: datetime
    lines: Sequence[SheetLine]


def sheet_pdf(sheet: Sheet, font_dir: Path | None = None) -> bytes:
    """Return the sheet as a PDF of one page. Raises FontsMissing without the fonts."""
    folder = font_dir or font_folder()
    fonts = loaded_fonts(folder)
    families = {font.family for font in fonts.fonts()}
    content = _content(sheet, folder)
    content["families"] = [family for family in FAMILIES if family in families]
    inputs = {"sheet": json.dumps(content, ensure_ascii=False)}
    compiler = typst.Compiler(
        _TEMPLATE.read_bytes(), root=_TEMPLATE.parent, font_paths=fonts, sys_inputs=inputs
    )
    pdf = compiler.compile(format="pdf", timestamp=int(sheet.made_at.timestamp()))
    if not isinstance(pdf, bytes):
        raise TypeError("the typesetter gave several files where one PDF was asked for")
    return pdf


def _content(sheet: Sheet, folder: Path) -> dict[str, object]:
    def shown(text: str) -> str:
        return printable(text, covered_characters(folder))

    failed = sum(not line.passed for line in sheet.lines)
    return {
        "title": TITLE,
        "organisation": shown(sheet.organisation),
        "facts": [
            ["机构", shown(sheet.site)], ["时间", f"{sheet.made_at:%Y-%m-%d %H:%M:%S}"],
            ["本中心", shown(sheet.hub)], ["自检设备", shown(sheet.device)],
        ],
        "passed": failed == 0,
        "verdict": _verdict(failed, len(sheet.lines)),
        "checks": [
            {
                "name": shown(line.name), "passed": line.passed, "seen": shown(line.seen[:160]),
                "milliseconds": f"{line.milliseconds:.0f}",
            }
            for line in sheet.lines
        ],
        "services": [list(row) for row in SERVICES],
        "footer": shown(f"Reading Hub {sheet.version} · 自检产生的图像与申请单已撤销，不进入工作列表"),
    }  # fmt: skip


def _verdict(failed: int, tried: int) -> str:
    return f"{failed} 项未通过，共 {tried} 项" if failed else f"全部 {tried} 项通过"
