"""Every check of a recording's technical quality, gathered into remarks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_quality.contact import loose_leads, saturated_leads
from ai_models.ecg_quality.noise import noisy_leads, wandering_leads
from ai_models.ecg_quality.pacing import paced_leads
from ai_models.ecg_quality.places import misplaced
from ai_models.ecg_signal import INDEPENDENT, at_rate, filled, independent_leads
from hub.domain.finding import Remark
from hub.domain.subject import TWELVE_LEADS, EcgRecord

#: code: (Chinese, English, whether nothing can be assessed because of it).
WORDS: dict[str, tuple[str, str, bool]] = {
    "missing-leads": ("缺少导联", "Leads are missing", False),
    "flat-lead": ("导联无信号（脱落或平直）", "A lead carries no signal (off or flat)", True),
    "loose-lead": ("部分时间导联脱落", "A lead is off for part of the time", False),
    "saturated-lead": ("导联信号饱和（削顶）", "A lead is saturated (clipped)", False),
    "saturated-most": ("导联大部分时间饱和", "A lead is saturated most of the time", True),
    "noise": ("肌电或电磁干扰明显", "Marked muscle or mains noise", False),
    "too-noisy": ("干扰过大，无法评估", "Too noisy to assess", True),
    "baseline-wander": ("基线漂移明显", "Marked baseline wander", False),
    "pacing-spikes": ("可见起搏脉冲", "Pacing spikes are seen", False),
    "swapped-la-ra": ("疑左右手电极接反", "Left and right arm electrodes seem to be swapped", False),
    "swapped-ra-ll": ("疑右手与左腿电极接反", "Right arm and left leg electrodes seem to be swapped", False),
    "swapped-la-ll": ("疑左手与左腿电极接反", "Left arm and left leg electrodes seem to be swapped", False),
    "leg-as-arm": (
        "疑右腿电极与手臂电极接反（一个肢体导联近于平直）",
        "The right leg electrode seems to be on an arm (one limb lead is almost flat)",
        False,
    ),
    "swapped-chest": ("疑胸导联位置接反", "Chest electrodes seem to be swapped", False),
    "reversed-chest": ("疑胸导联 V1–V6 顺序全部接反", "V1 to V6 seem to be in reverse order", False),
}
#: Two limb leads that differ by so little while the others move: the right leg's electrode is one of them.
LEG_SHARE, LEG_UV = 0.08, 60.0


@dataclass
class _Kept:
    record: EcgRecord | None = None
    remarks: tuple[Remark, ...] = ()


_last = _Kept()


def technical(record: EcgRecord) -> tuple[Remark, ...]:
    """Return what is wrong with the recording, what forbids an assessment first.

    Needs no particular leads; never raises for a signal that `refuse_signal` lets through. The answer for the
    last recording is remembered, since routing, reading and rules each ask for it.
    """
    global _last
    kept = _last
    if kept.record is record:
        return kept.remarks
    remarks = tuple(sorted(_remarks(record), key=lambda remark: not remark.grave))
    _last = _Kept(record, remarks)
    return remarks


def grave_reason(record: EcgRecord) -> str:
    """Return the reason key for a recording that cannot be assessed, with its leads, or ""."""
    grave = [remark for remark in technical(record) if remark.grave]
    return f"{grave[0].code}:{' '.join(grave[0].leads)}"[:64] if grave else ""


def _remarks(record: EcgRecord) -> Iterator[Remark]:
    lacking = [lead for lead in TWELVE_LEADS if lead not in record.leads]
    if lacking:
        yield _remark("missing-leads", lacking)
    signal = _whole(record)
    if signal is None or signal.shape[1] < 2 * record.rate_hz:
        return
    flat, loose = loose_leads(signal, record.rate_hz)
    yield from _named("flat-lead", record.leads, flat & _is_independent(record))
    yield from _named("loose-lead", record.leads, loose)
    part, most = saturated_leads(signal, record.rate_hz)
    yield from _named("saturated-lead", record.leads, part & ~most)
    yield from _named("saturated-most", record.leads, most)
    noisy, drowned = noisy_leads(signal, record.rate_hz)
    if drowned.sum() * 2 >= len(drowned):
        yield from _named("too-noisy", record.leads, drowned)
    else:
        yield from _named("noise", record.leads, noisy)
    yield from _named("baseline-wander", record.leads, wandering_leads(signal, record.rate_hz))
    yield from _named("pacing-spikes", record.leads, paced_leads(signal, record.rate_hz))
    if not (flat | most).any() and not drowned.any():
        yield from _electrodes(record)


def _electrodes(record: EcgRecord) -> Iterator[Remark]:
    leads = independent_leads(record)
    if leads is None:
        return
    limb = _leg_on_an_arm(leads)
    if limb:
        yield _remark("leg-as-arm", [limb])
        return
    code, of = misplaced(at_rate(filled(leads), record.rate_hz, 100.0))
    if code:
        yield _remark(code, of)


def _leg_on_an_arm(leads: NDArray[np.float64]) -> str:
    """Return the limb lead that is almost flat while the two others move, or ""."""
    one, two = leads[0], leads[1]
    low, high = np.nanpercentile(np.stack([one, two, two - one]), [1, 99], axis=1)
    span = high - low
    flattest = int(span.argmin())
    is_so = span[flattest] < min(LEG_UV, LEG_SHARE * float(np.sort(span)[1]))
    return ("I", "II", "III")[flattest] if is_so else ""


def _whole(record: EcgRecord) -> NDArray[np.float64] | None:
    signal = np.asarray(record.microvolts, dtype=np.float64)
    if signal.ndim != 2 or len(signal) != len(record.leads) or not signal.size or np.isinf(signal).any():
        return None
    return filled(signal)


def _is_independent(record: EcgRecord) -> NDArray[np.bool_]:
    return np.array([lead in INDEPENDENT for lead in record.leads])


def _named(code: str, leads: tuple[str, ...], which: NDArray[np.bool_]) -> Iterator[Remark]:
    named = [lead for lead, is_so in zip(leads, which, strict=True) if is_so]
    if named:
        yield _remark(code, named)


def _remark(code: str, leads: list[str]) -> Remark:
    chinese, english, grave = WORDS[code]
    return Remark(code, chinese, english, tuple(leads), grave)
