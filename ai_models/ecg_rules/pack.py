"""A rule pack: thresholds and wording as versioned data, read from TOML and checked whole."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PACKS = Path(__file__).parent / "packs"
DEFAULT = PACKS / "zhejiang.toml"


class BrokenPack(Exception):
    """The file is no rule pack; the message says what is wrong with it."""


@dataclass(frozen=True)
class Rule:
    """One rule: `kind` says what is measured, `said` holds its other numbers and lists."""

    code: str
    kind: str
    limit: float
    unit: str
    text_zh: str
    text_en: str
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RulePack:
    """The rules of a county, and what every hint names as its source."""

    id: str
    version: str
    source: str
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """Return the pack with its version."""
        return f"{self.id} {self.version}"


@cache
def load_pack(path: Path = DEFAULT) -> RulePack:
    """Return the pack in a TOML file. Raises BrokenPack naming the first fault."""
    from ai_models.ecg_rules.kinds import KINDS

    try:
        said = tomllib.loads(path.read_text("utf-8"))
        rules = tuple(_rule(one) for one in said["rule"])
        pack = RulePack(str(said["id"]), str(said["version"]), str(said["source"]), rules)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenPack(f"{path.name} cannot be read: {type(error).__name__}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenPack(f"{path.name} lacks or misstates {error}") from None
    for rule in rules:
        if rule.kind not in KINDS:
            raise BrokenPack(f"rule {rule.code}: there is no kind '{rule.kind}'")
        lacking = [name for name in KINDS[rule.kind].needs if name not in rule.said]
        if lacking:
            raise BrokenPack(f"rule {rule.code} lacks {', '.join(lacking)}")
    codes = [rule.code for rule in rules]
    if not codes or len(set(codes)) < len(codes):
        raise BrokenPack(f"{path.name} has no rules, or two of one code")
    return pack


def _rule(said: dict[str, Any]) -> Rule:
    known = ("code", "kind", "limit", "unit", "zh", "en")
    more = {name: value for name, value in said.items() if name not in known}
    rule = Rule(
        str(said["code"]), str(said["kind"]), float(said.get("limit", 0.0)), str(said.get("unit", "")),
        str(said["zh"]), str(said["en"]), more,
    )  # fmt: skip
    for text in (rule.text_zh, rule.text_en):
        text.format(value=0, limit=0, leads="")
    return rule
