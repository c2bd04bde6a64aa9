"""What is wrong with a recording is found in the signal and named by its leads."""

import numpy as np
import pytest

from ai_models.ecg_quality.examine import WORDS, grave_reason, technical
from ai_models.findings.ecg_ptbxl.model import refuse
from ai_models.reasons import REASONS
from dicom.demo.cases import SAMPLES
from hub.domain.subject import TWELVE_LEADS, EcgRecord


@pytest.fixture(scope="module")
def sound():
    """A real recording of twelve leads, in µV."""
    with np.load(SAMPLES / "ecg-normal.npz") as stored:
        samples, rate = np.array(stored["microvolts"], dtype=float), float(stored["rate_hz"])
    return EcgRecord(TWELVE_LEADS, rate, samples)


@pytest.fixture
def spoilt(sound):
    """Change a copy of the sound recording: `spoilt(lead=function)`, or all by `spoilt(everything=…)`."""

    def spoil(**how):
        samples = np.array(sound.microvolts)
        for name, change in how.items():
            if name == "everything":
                samples = change(samples)
            else:
                samples[TWELVE_LEADS.index(name)] = change(samples[TWELVE_LEADS.index(name)])
        return EcgRecord(TWELVE_LEADS, sound.rate_hz, samples)

    return spoil


def found(record):
    return {remark.code: remark.leads for remark in technical(record)}


def limbs(samples, one, two):
    """Put other leads I and II, and what follows from them."""
    samples[:6] = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return samples


def test_a_sound_recording_has_no_remark(sound):
    assert technical(sound) == ()
    assert refuse(sound) == ""


def test_a_lead_that_is_off_is_named_and_nothing_is_assessed(spoilt):
    record = spoilt(V3=lambda lead: np.full_like(lead, 120.0))
    assert found(record)["flat-lead"] == ("V3",)
    assert refuse(record) == "flat-lead:V3"


def test_a_lead_that_falls_off_on_the_way_is_named(spoilt):
    def fall(lead):
        return np.where(np.arange(len(lead)) > 0.6 * len(lead), 35.0, lead)

    assert found(spoilt(V5=fall))["loose-lead"] == ("V5",)


def test_a_clipped_lead_is_named(spoilt):
    def clip(lead):
        middle = np.median(lead)
        return np.clip(lead, middle - 700, middle + 700)

    assert found(spoilt(V4=clip))["saturated-lead"] == ("V4",)


def test_a_lead_at_its_end_most_of_the_time_forbids_an_assessment(spoilt):
    def rail(lead):
        return np.where(np.arange(len(lead)) % 1000 < 400, 5000.0, lead)

    assert refuse(spoilt(V2=rail)) == "saturated-most:V2"


@pytest.mark.parametrize(
    "code, exchange",
    [
        ("swapped-la-ra", lambda one, two: (-one, two - one)),
        ("swapped-ra-ll", lambda one, two: (one - two, -two)),
    ],
)
def test_swapped_limb_electrodes_are_named(spoilt, code, exchange):
    record = spoilt(everything=lambda x: limbs(x, *exchange(x[0].copy(), x[1].copy())))
    assert code in found(record)
    assert refuse(record) == ""


def test_chest_electrodes_in_reverse_order_are_named(spoilt):
    def reverse(samples):
        samples[6:] = samples[6:][::-1].copy()
        return samples

    assert {"reversed-chest", "swapped-chest"} & set(found(spoilt(everything=reverse)))


def test_the_leg_electrode_on_an_arm_leaves_one_limb_lead_flat(spoilt):
    noise = np.random.default_rng(1).normal(0, 4, 5000)
    record = spoilt(everything=lambda x: limbs(x, x[0].copy(), noise[: x.shape[1]]))
    assert found(record).get("leg-as-arm") == ("II",) or "II" in found(record).get("flat-lead", ())


def test_pacing_spikes_are_seen_and_named(spoilt):
    def pace(samples):
        samples[:, 300::450] += np.linspace(300, 2000, 12)[:, None]
        return samples

    assert len(found(spoilt(everything=pace))["pacing-spikes"]) >= 2


def test_noise_and_wander_are_named_and_a_drowned_recording_is_not_assessed(spoilt, sound):
    random = np.random.default_rng(2)
    length = sound.microvolts.shape[1]
    assert found(spoilt(V1=lambda lead: lead + random.normal(0, 80, length)))["noise"] == ("V1",)
    slow = 2500 * np.sin(2 * np.pi * 0.2 * np.arange(length) / sound.rate_hz)
    assert found(spoilt(V6=lambda lead: lead + slow))["baseline-wander"] == ("V6",)
    drowned = spoilt(everything=lambda x: x + random.normal(0, 400, x.shape))
    assert refuse(drowned).startswith("too-noisy:")


def test_missing_leads_are_named(sound):
    record = EcgRecord(TWELVE_LEADS[:8], sound.rate_hz, sound.microvolts[:8])
    assert found(record)["missing-leads"] == ("V3", "V4", "V5", "V6")
    assert refuse(record) == "too-few-leads"


@pytest.mark.parametrize("samples", [np.zeros((12, 0)), np.full((12, 5000), np.nan), np.zeros((3, 10))])
def test_whatever_the_signal_is_nothing_is_raised(samples):
    technical(EcgRecord(TWELVE_LEADS, 500.0, samples.astype(np.float32)))
    assert refuse(EcgRecord(TWELVE_LEADS, 500.0, samples.astype(np.float32)))


def test_every_grave_remark_is_a_reason_with_a_sentence(spoilt):
    assert {code for code, (_zh, _en, grave) in WORDS.items() if grave} <= set(REASONS)
    assert grave_reason(spoilt()) == ""
