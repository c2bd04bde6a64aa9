"""The words on an ECG's paper, in the reader's language."""

from hub.domain.subject import TWELVE_LEADS, EcgBeat, EcgRecord
from hub.report.ecg_style import RHYTHM_ROWS, EcgStyle

_WORDS = {
    "zh": {
        "no filters": "滤波未注明",
        "not drawn": "未绘出导联",
        "cut": "波幅超出纸面",
        "none": "未记录",
        "beat": "典型心搏，{} 次心搏取中位",
    },
    "en": {
        "no filters": "filters not stated",
        "not drawn": "not drawn",
        "cut": "trace leaves the paper",
        "none": "not recorded",
        "beat": "typical beat, median of {}",
    },
}


def label_line(record: EcgRecord, style: EcgStyle, cut: bool) -> str:
    """Return the line below the traces: speed, gain, filters, time shown, and what the paper cannot show."""
    words = _WORDS[style.language]
    seconds = style.seconds * RHYTHM_ROWS.get(style.layout, 1)
    end = min(style.start_s + seconds, record.duration_ms / 1000)
    parts = [f"{style.speed:g} mm/s", f"{style.gain:g} mm/mV", *(record.filters or (words["no filters"],))]
    parts.append(f"{style.start_s:g}–{end:.4g} s / {record.duration_ms / 1000:.4g} s @ {record.rate_hz:g} Hz")
    left_out = [lead for lead in record.leads if lead not in TWELVE_LEADS]
    if left_out:
        parts.append(f"{words['not drawn']} {' '.join(left_out)}")
    if cut:
        parts.append(words["cut"])
    return " · ".join(parts)


def not_recorded(style: EcgStyle) -> str:
    """Return what stands in place of a lead that the recording has no sample of."""
    return _WORDS[style.language]["none"]


def beat_line(beat: EcgBeat, style: EcgStyle) -> str:
    """Return the line below a typical beat: of how many beats it is made, and its scale."""
    return (
        f"{_WORDS[style.language]['beat'].format(beat.beats)} · {style.speed:g} mm/s · {style.gain:g} mm/mV"
    )
