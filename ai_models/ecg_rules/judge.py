"""Applying a rule pack to the facts of one ECG."""

from collections.abc import Collection

from ai_models.ecg_rules.facts import Facts
from ai_models.ecg_rules.kinds import KINDS, Met, Unchecked
from ai_models.ecg_rules.pack import Rule, RulePack
from hub.domain.finding import Alert

#: How a value is written, by its unit.
DECIMALS = {"bpm": 0, "ms": 0, "s": 2, "mV": 2}


def judge(
    pack: RulePack, facts: Facts, positive: Collection[str]
) -> tuple[tuple[Alert, ...], tuple[tuple[str, str], ...]]:
    """Return the alerts that the pack's rules raise, and the rules that could not be applied with the reason.

    `positive` are the codes of what the network holds to be present: only rules that say so use them.
    """
    alerts, unchecked = [], []
    for rule in pack.rules:
        verdict = KINDS[rule.kind].judge(rule, facts, positive)
        if isinstance(verdict, Met):
            alerts.append(_alert(rule, verdict, pack))
        elif isinstance(verdict, Unchecked):
            unchecked.append((rule.code, verdict.why))
    return tuple(alerts), tuple(unchecked)


def _alert(rule: Rule, met: Met, pack: RulePack) -> Alert:
    places = DECIMALS.get(rule.unit, 1)
    said = {
        "value": f"{met.value:.{places}f}", "limit": f"{rule.limit:g}", "leads": "、".join(met.leads),
    }  # fmt: skip
    english = said | {"leads": ", ".join(met.leads)}
    return Alert(
        code=rule.code, text_zh=f"{rule.text_zh.format(**said)}（规则包 {pack.name}）",
        text_en=f"{rule.text_en.format(**english)} (rule pack {pack.name})", pack=pack.name,
        value=round(met.value, 4), limit=rule.limit, unit=rule.unit, leads=met.leads,
    )  # fmt: skip
