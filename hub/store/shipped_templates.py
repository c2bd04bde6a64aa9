"""The templates and phrases that come with the hub: one folder of TOML files, one for each exam."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.domain.report import ReportText
from hub.domain.templates import Template

FOLDER = Path(__file__).with_name("report_templates")


@lru_cache(maxsize=1)
def shipped_templates() -> tuple[Template, ...]:
    """Return what every file of the folder holds, by file name. Raises KeyError for one that is not whole."""
    return tuple(one for path in sorted(FOLDER.glob("*.toml")) for one in _read(path))


def _read(path: Path) -> list[Template]:
    said = tomllib.loads(path.read_text("utf-8"))
    made = [_template(path.stem, "normal", said, said["normal"])] if "normal" in said else []
    made += [_template(path.stem, "finding", said, one) for one in said.get("finding", [])]
    return made + [_template(path.stem, "phrase", said, one) for one in said.get("phrase", [])]


def _template(exam: str, kind: str, about: dict[str, Any], said: dict[str, str]) -> Template:
    return Template(
        slug=f"{exam}.{said.get('slug', kind)}", kind=kind, title=said["title"],
        text=ReportText(said.get("findings", ""), said.get("impression", ""), said.get("advice", "")),
        modalities=tuple(about["modalities"]), words=tuple(about["words"]), shortcut=said.get("shortcut", ""),
    )  # fmt: skip
