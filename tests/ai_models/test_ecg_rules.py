"""Rules raise what endangers life from measured values; what cannot be measured is said."""

from dataclasses import replace

import numpy as np
import pytest

from ai_models.ecg_reading import with_ecg
from ai_models.ecg_rules.facts import Facts, facts_of
from ai_models.ecg_rules.judge import judge
from ai_models.ecg_rules.kinds import KINDS
from ai_models.ecg_rules.pack import DEFAULT, BrokenPack, load_pack
from ai_models.reasons import REASONS
from dicom.demo.cases import SAMPLES
from hub.domain.finding import Finding, Measurement, Reading, reading_from
from hub.domain.subject import TWELVE_LEADS, EcgRecord

PACK = load_pack(DEFAULT)
QUIET = Facts(
    TWELVE_LEADS, (800.0,) * 10, (300.0, 300.0), {"qrs": 90.0, "qt": 380.0, "qtc_fridericia": 400.0}
)


@pytest.fixture(scope="module")
def recorded():
    """A real recording of twelve leads, in µV."""
    with np.load(SAMPLES / "ecg-normal.npz") as stored:
        return EcgRecord(TWELVE_LEADS, float(stored["rate_hz"]), np.array(stored["microvolts"], dtype=float))


def raised(facts, *positive):
    return {alert.code: alert for alert in judge(PACK, facts, positive)[0]}


def unchecked(facts, *positive):
    return dict(judge(PACK, facts, positive)[1])


def beating(bpm, **more):
    return replace(QUIET, rr_ms=(60_000.0 / bpm,) * 9, **more)


def test_a_quiet_heart_raises_nothing():
    assert raised(QUIET) == {}


@pytest.mark.parametrize("bpm, is_raised", [(34.4, True), (34.99, True), (35.1, False), (75, False)])
def test_a_rate_below_35_is_raised(bpm, is_raised):
    assert ("rate-very-low" in raised(beating(bpm))) is is_raised


@pytest.mark.parametrize("milliseconds, is_raised", [(2990.0, False), (3000.0, True), (4200.0, True)])
def test_a_pause_of_three_seconds_is_raised(milliseconds, is_raised):
    facts = replace(QUIET, rr_ms=(800.0, milliseconds, 800.0))
    assert ("pause" in raised(facts)) is is_raised


def test_a_recording_that_ends_in_silence_is_a_pause():
    assert "pause" in raised(replace(QUIET, edge_ms=(200.0, 3600.0)))


def test_fast_atrial_fibrillation_needs_the_name_and_the_measured_rate():
    alert = raised(beating(184), "rhythm_AFIB")["fast-af"]
    assert "184" in alert.text_zh and "模型提示" in alert.text_zh
    assert "network" in alert.text_en and PACK.name in alert.text_en
    assert "fast-af" not in raised(beating(184))
    assert "fast-af" not in raised(beating(170), "rhythm_AFIB")


def test_a_fast_narrow_rhythm_is_no_fast_wide_one():
    assert set(raised(beating(235))) == {"fast-narrow"}
    assert set(raised(beating(160, measured={"qrs": 150.0}))) == {"fast-wide"}
    assert unchecked(beating(160, measured={}))["fast-wide"] == "no-onset"


def test_a_long_qt_alone_is_no_r_on_t():
    long = {"qrs": 90.0, "qt": 560.0, "qtc_fridericia": 540.0}
    assert "long-qt-r-on-t" not in raised(replace(QUIET, measured=long))
    assert "long-qt-r-on-t" in raised(replace(QUIET, measured=long, rr_ms=(900.0, 480.0, 900.0)))


def test_what_cannot_be_measured_is_said_with_a_sentence():
    said = unchecked(replace(QUIET, rr_ms=(), measured={}))
    assert said["rate-very-low"] == "too-few-beats"
    assert said["third-degree-block"] == "not-measured-here"
    assert set(said.values()) <= set(REASONS)


def elevated(recorded, leads, microvolts):
    """Raise ST in some leads of a real recording: 180 ms from 45 ms after each R peak."""
    samples = np.array(recorded.microvolts)
    facts = facts_of(recorded, ())
    at = facts.edge_ms[0] + np.concatenate(([0.0], np.cumsum(facts.rr_ms)))
    shape = np.hanning(140) ** 0.3 * microvolts
    for peak in (at / 1000 * recorded.rate_hz).astype(int):
        start = peak + int(0.03 * recorded.rate_hz)
        for lead in leads:
            part = samples[TWELVE_LEADS.index(lead), start : start + len(shape)]
            part += shape[: len(part)]
    return EcgRecord(TWELVE_LEADS, recorded.rate_hz, samples)


def test_st_elevation_is_measured_by_lead_and_claims_no_infarction(recorded):
    before = facts_of(recorded, ()).st_uv(20.0)
    raised_record = elevated(recorded, ("II", "III", "aVF"), 400.0)
    after = facts_of(raised_record, ()).st_uv(20.0)
    assert all(after[lead] - before[lead] > 150 for lead in ("II", "III", "aVF"))
    assert abs(after["V5"] - before["V5"]) < 30
    reading = with_ecg(Reading("m", "1", "", True), raised_record)
    alert = next(one for one in reading.alerts if one.code == "st-elevation")
    assert {"II", "III", "aVF"} <= set(alert.leads)
    for text in (alert.text_zh, alert.text_en):
        assert "梗" not in text and "infarct" not in text.lower() and PACK.name in text


def test_st_of_a_wide_complex_is_not_judged():
    wide = replace(facts_of(_quick_record(), ()), measured={"qrs": 150.0})
    assert unchecked(wide)["st-elevation"] == "st-secondary"


def test_st_of_swapped_electrodes_is_not_judged_by_lead(recorded):
    swapped = elevated(recorded, ("II", "III", "aVF"), 400.0)
    samples = np.array(swapped.microvolts)
    one, two = -samples[0], samples[1] - samples[0]
    samples[:6] = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    reading = with_ecg(Reading("m", "1", "", True), EcgRecord(TWELVE_LEADS, swapped.rate_hz, samples))
    assert any(remark.code.startswith("swapped") for remark in reading.remarks)
    assert not any(alert.leads for alert in reading.alerts)


def test_an_alert_stands_also_where_the_network_did_not_assess(recorded):
    samples = np.array(recorded.microvolts)
    samples[8] = 0.0
    silent = int(4.0 * recorded.rate_hz)
    samples[:, -silent:] = 0.0
    reading = with_ecg(
        Reading("", "", "", False, "flat-lead:V3"), EcgRecord(TWELVE_LEADS, recorded.rate_hz, samples)
    )
    assert "pause" in {alert.code for alert in reading.alerts}
    assert (reading.assessed, reading.statements) == (False, ())


def test_what_a_rule_raised_is_never_called_normal(recorded):
    normal = tuple(
        Finding(code, code, code, 0.9, 0.5, True) for code in ("super_NORM", "sub_NORM", "rhythm_SR")
    )
    calm = with_ecg(Reading("m", "1", "", True, findings=normal), recorded)
    assert {one.code for one in calm.statements} == {"sub_NORM", "rhythm_SR"}
    alarmed = with_ecg(
        Reading("m", "1", "", True, findings=normal), elevated(recorded, ("II", "III", "aVF"), 400.0)
    )
    assert {one.code for one in alarmed.statements} == {"rhythm_SR"}


def test_a_reading_with_alerts_comes_back_from_its_json(recorded):
    reading = with_ecg(Reading("m", "1", "", True), elevated(recorded, ("II", "III", "aVF"), 400.0))
    assert reading.alerts and reading.unchecked
    assert reading_from(reading.as_json()) == reading


def test_a_reading_from_before_the_rules_is_still_read():
    old = Reading("m", "1", "", True, measurements=(Measurement("rr", 800.0, "ms", ""),)).as_json()
    for name in ("remarks", "alerts", "statements", "unchecked"):
        del old[name]
    assert reading_from(old).alerts == ()


def test_the_pack_is_whole_and_says_where_it_is_from():
    assert PACK.version and PACK.source
    assert {rule.kind for rule in PACK.rules} <= set(KINDS)
    for rule in PACK.rules:
        assert any("\u4e00" <= ch <= "\u9fff" for ch in rule.text_zh) and rule.text_en


def test_a_county_brings_its_own_pack(tmp_path, recorded):
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "own"\nversion = "1"\nsource = "x"\n[[rule]]\ncode = "slow"\nkind = "rate-below"\n'
        'limit = 200.0\nunit = "bpm"\nzh = "心率 {value}，低于 {limit}"\nen = "rate {value} below {limit}"\n',
        "utf-8",
    )
    (alert,) = with_ecg(Reading("m", "1", "", True), recorded, own).alerts
    assert alert.pack == "own 1"


@pytest.mark.parametrize(
    "text",
    ["", "id = 1", 'id="a"\nversion="1"\nsource="s"\n[[rule]]\ncode="x"\nkind="none-such"\nzh="a"\nen="b"',
     'id="a"\nversion="1"\nsource="s"\n[[rule]]\ncode="x"\nkind="st-elevation"\nzh="a"\nen="b"',
     'id="a"\nversion="1"\nsource="s"\n[[rule]]\ncode="x"\nkind="rate-below"\nzh="{who}"\nen="b"', "[[["],
)  # fmt: skip
def test_a_broken_pack_is_refused_and_said_aloud(tmp_path, recorded, text):
    broken = tmp_path / "broken.toml"
    broken.write_text(text, "utf-8")
    with pytest.raises(BrokenPack):
        load_pack(broken)
    reading = with_ecg(Reading("m", "1", "", True), recorded, broken)
    assert ("*", "rule-pack-unreadable") in reading.unchecked


def _quick_record():
    with np.load(SAMPLES / "ecg-normal.npz") as stored:
        return EcgRecord(TWELVE_LEADS, float(stored["rate_hz"]), np.array(stored["microvolts"], dtype=float))
