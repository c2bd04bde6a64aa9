"""ECG files of other makers: one contract over every format, and what hostile bytes come to."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom.ecg_files import apart
from dicom.ecg_files.apart import LARGEST_FILE, read_ecg_bytes
from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.refusals import SENTENCES, NotImported, refusal_text
from dicom.ecg_files.registry import ecg_formats, format_of, read_ecg_file
from dicom.ecg_files.wrap import original_of, wrapped
from dicom.waveform import ecg_record
from dicom.write.frame import part10
from hub.domain.subject import TWELVE_LEADS, EcgRecord
from tests.plugins.ecg_samples import RATE_HZ, SAMPLES, STEP_UV, invented_steps

ROOT = Path(__file__).resolve().parents[2]
FORMATS = {module.NAME: module for module in ecg_formats()}
#: What each file of the vendors' samples comes to: its format, or the key of the refusal.
VENDOR_SAMPLES = {
    "aecg_hl7/ECGToolkit_Example.xml": "HL7 aECG",
    "aecg_hl7/Example aECG.xml": "HL7 aECG",
    "aecg_hl7/empty.xml": "no-waveform",
    "aecg_hl7/minimum_aecg.xml": "too-short",
    "aecg_hl7/minimum_aecg_effectiveTime_high.xml": "too-short",
    "aecg_hl7/minimum_aecg_effectiveTime_interval.xml": "too-short",
    "aecg_hl7/minimum_aecg_effectiveTime_low.xml": "too-short",
    "aecg_hl7/minimum_aecg_nouuid.xml": "too-short",
    "aecg_hl7/subject1_0.xml": "HL7 aECG",
    "aecg_hl7/subject1_1.xml": "HL7 aECG",
    "aecg_hl7/subject1_2.xml": "HL7 aECG",
    "aecg_hl7/subject2_0.xml": "HL7 aECG",
    "aecg_hl7/subject2_1.xml": "HL7 aECG",
    "aecg_hl7/subject2_2.xml": "HL7 aECG",
    "dicom/ArturRod+ecg-dicom-web-viewer__test_ecg.dcm": "not-an-ecg",
    "dicom/marcodebe+dicom-ecg-plot__anonymous_ecg.dcm": "DICOM",
    "philips_sierra/129DYPRG.XML": "Philips Sierra XML",
    "philips_sierra/129DYPRG.xml": "Philips Sierra XML",
    "philips_sierra/2020-5-18_15-48-11.xml": "Philips Sierra XML",
    "philips_sierra/3191723_ZZDEMOPTONLY_1-04_orig.xml": "Philips Sierra XML",
    "philips_sierra/ad4d3d80-d165_1-04_converted.xml": "HL7 aECG",
    "philips_sierra/ad4d3d80-d165_1-04_orig.xml": "Philips Sierra XML",
    "scp/Example.scp": "SCP-ECG",
}
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x0 "ha">'
    + "".join(f'<!ENTITY x{n} "&x{n - 1};&x{n - 1};&x{n - 1};&x{n - 1};">' for n in range(1, 16))
    + "]><{open}>&x15;</{close}>"
)
XML_ROOTS = {
    "HL7 aECG": "AnnotatedECG", "GE MUSE XML": "RestingECG", "Philips Sierra XML": "restingecgdata",
    "Mortara ELI XML": 'ECG ACQUISITION_TIME="20261101083000"',
}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    """Write bytes to a file and return its path."""

    def write(content):
        path = tmp_path / "ecg"
        path.write_bytes(content)
        return path

    return write


def outcome(content, path):
    path.write_bytes(content)
    try:
        return read_ecg_file(path).format
    except NotImported as refusal:
        return refusal.key


def test_every_format_has_a_sample_and_every_sample_a_format():
    assert set(FORMATS) == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_knows_its_own_files_and_nobody_elses(name):
    for other, sample in SAMPLES.items():
        found = format_of(sample()[:4096])
        assert found is not None
        assert (name == found.NAME) == (other == name)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"DICOM"}))
def test_a_format_gives_the_samples_back_in_microvolts_to_the_count(name, file):
    ecg = read_ecg_file(file(SAMPLES[name]()))
    assert ecg.record.rate_hz == RATE_HZ
    expected = invented_steps()[[TWELVE_LEADS.index(lead) for lead in ecg.record.leads]] * STEP_UV
    assert np.abs(ecg.record.microvolts - expected).max() < 0.01
    assert {"I", "II", "V1", "V2", "V3", "V4", "V5", "V6"} <= set(ecg.record.leads)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_anywhere_is_an_ecg_or_a_sentence(name, tmp_path):
    whole = SAMPLES[name]()
    for end in (0, 1, 7, 100, 260, len(whole) // 3, len(whole) // 2, len(whole) - 9):
        said = outcome(whole[:end], tmp_path / "cut")
        assert said in SENTENCES or said in FORMATS


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_file_with_altered_bytes_is_an_ecg_or_a_sentence(name, places, tmp_path):
    content = bytearray(SAMPLES[name]())
    for share, value in places:
        # The head decides how the rest is read: hit it as often as the samples.
        reach = len(content) if value % 2 else min(len(content), 900)
        content[int(share * reach)] = value
    said = outcome(bytes(content), tmp_path / "altered")
    assert said in SENTENCES or said in FORMATS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000))
def test_bytes_of_no_format_are_a_sentence(content, tmp_path):
    said = outcome(content, tmp_path / "noise")
    assert said in SENTENCES or said in FORMATS


@pytest.mark.parametrize("name", XML_ROOTS)
def test_an_xml_bomb_is_refused_in_words(name):
    bomb = BOMB.replace("{open}", XML_ROOTS[name]).replace("{close}", XML_ROOTS[name].split()[0])
    with pytest.raises(NotImported) as refusal:
        read_ecg_bytes(bomb.encode())
    assert refusal.value.key in ("hostile", "broken")


def test_an_xml_that_asks_for_a_file_of_this_machine_is_refused(file):
    asking = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(NotImported):
        read_ecg_file(file((asking + "<AnnotatedECG>&f;</AnnotatedECG>").encode()))


def test_a_file_of_100_mb_is_refused_before_anything_reads_it(monkeypatch):
    monkeypatch.setattr(apart.subprocess, "run", lambda *_a, **_k: pytest.fail("it was read"))
    with pytest.raises(NotImported) as refusal:
        read_ecg_bytes(bytes(100 * 1024 * 1024))
    assert refusal.value.key == "too-large"
    assert f"{LARGEST_FILE >> 20} MiB" in str(refusal.value)


def test_a_parser_that_takes_for_ever_is_ended(monkeypatch):
    monkeypatch.setattr(apart, "FILE_SECONDS", 0.01)
    with pytest.raises(NotImported) as refusal:
        read_ecg_bytes(SAMPLES["SCP-ECG"]())
    assert refusal.value.key == "took-too-long"


@pytest.mark.parametrize(
    "content, key",
    [(b"", "empty"), (b"%PDF-1.7 ...", "picture"), (b"\xff\xd8\xff\xe0 ...", "picture"),
     (b"no ECG at all", "unknown-format")],
)  # fmt: skip
def test_what_is_no_ecg_file_is_called_that(content, key):
    with pytest.raises(NotImported) as refusal:
        read_ecg_bytes(content)
    assert refusal.value.key == key


def test_an_archive_names_no_file_outside_itself(file):
    import zipfile

    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("r.hea", "r 1 500 3000\n../../../../etc/passwd 16 200/mV 16 0 0 0 0 I\n")
    with pytest.raises(NotImported) as refusal:
        read_ecg_file(file(packed.getvalue()))
    assert refusal.value.key == "archive"


def test_an_archive_that_unpacks_to_gigabytes_is_refused(file):
    import zipfile

    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("r.hea", "r 1 500 3000\nr.dat 16 200/mV 16 0 0 0 0 I\n")
        archive.writestr("r.dat", bytes(80 * 1024 * 1024))
    with pytest.raises(NotImported) as refusal:
        read_ecg_file(file(packed.getvalue()))
    assert refusal.value.key == "archive"


@pytest.mark.parametrize("key", SENTENCES)
def test_every_refusal_is_a_sentence_in_both_languages(key):
    chinese, english = (refusal_text(key, "x", language) for language in ("zh", "en"))
    assert any("\u4e00" <= ch <= "\u9fff" for ch in chinese)
    assert english.isascii() and "{" not in chinese + english


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"DICOM"}))
def test_what_is_wrapped_is_a_12_lead_ecg_without_fault_and_the_original_to_the_byte(name, faults):
    content = SAMPLES[name]()
    ecg = read_ecg_bytes(content)
    dataset = wrapped(ecg, content, "east")
    kept = pydicom.dcmread(BytesIO(part10(finished(dataset))))
    assert faults(finished(dataset)) == []
    assert kept.SOPClassUID.name == "12-lead ECG Waveform Storage"
    assert original_of(kept) == (name, content)
    record = ecg_record(kept)
    place = [record.leads.index(lead) for lead in ecg.record.leads]
    assert np.abs(record.microvolts[place] - ecg.record.microvolts).max() <= 0.25
    assert record.leads == TWELVE_LEADS


def test_the_same_file_of_a_site_is_always_the_same_object_and_of_another_site_never():
    content = SAMPLES["SCP-ECG"]()
    ecg = read_ecg_bytes(content)
    again = read_ecg_bytes(content)
    first, second, other = (
        part10(finished(wrapped(*given)))
        for given in ((ecg, content, "east"), (again, content, "east"), (ecg, content, "west"))
    )
    assert first == second
    assert pydicom.dcmread(BytesIO(first)).SOPInstanceUID != pydicom.dcmread(BytesIO(other)).SOPInstanceUID


def test_an_original_that_was_altered_is_not_given_out():
    content = SAMPLES["SCP-ECG"]()
    dataset = wrapped(read_ecg_bytes(content), content, "east")
    element = dataset.private_block(0x99, "READING HUB ORIGINAL")[1]
    element.value = element.value[:50] + b"!" + element.value[51:]
    with pytest.raises(ValueError):
        original_of(dataset)


@pytest.mark.parametrize("rate, class_name", [(100, "12-lead"), (128, "12-lead"), (2000, "12-lead")])
def test_a_rate_that_the_standard_does_not_allow_is_brought_into_its_range(rate, class_name, faults):
    time = np.arange(rate * 5) / rate
    samples = np.tile(500 * np.sin(2 * np.pi * 7 * time), (12, 1)).astype(np.float32)
    dataset = wrapped(ForeignEcg("EDF", EcgRecord(TWELVE_LEADS, rate, samples)), b"file", "east")
    record = ecg_record(pydicom.dcmread(BytesIO(part10(finished(dataset)))))
    assert 200 <= record.rate_hz <= 1000
    expected = 500 * np.sin(2 * np.pi * 7 * np.arange(record.microvolts.shape[1]) / record.rate_hz)
    middle = slice(len(expected) // 4, -len(expected) // 4)
    assert np.abs(record.microvolts[0][middle] - expected[middle]).max() < 10
    assert class_name in dataset.SOPClassUID.name
    assert faults(finished(dataset)) == []


def test_a_long_recording_is_a_general_ecg(faults):
    samples = np.random.default_rng(1).normal(0, 50, (12, 60 * 500)).astype(np.float32)
    dataset = wrapped(ForeignEcg("EDF", EcgRecord(TWELVE_LEADS, 500, samples)), b"file", "east")
    assert "General ECG" in dataset.SOPClassUID.name
    assert faults(finished(dataset)) == []


def test_every_vendor_sample_is_imported_or_refused_as_it_is_known_to_be(shared_dir):
    folder = shared_dir / "data" / "ecg" / "vendor_samples"
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                found[path.relative_to(folder).as_posix()] = read_ecg_bytes(path.read_bytes()).format
            except NotImported as refusal:
                found[path.relative_to(folder).as_posix()] = refusal.key
    assert found == VENDOR_SAMPLES


def test_vendor_samples_are_wrapped_without_fault(shared_dir, faults):
    folder = shared_dir / "data" / "ecg" / "vendor_samples"
    for name in ("scp/Example.scp", "philips_sierra/129DYPRG.xml", "aecg_hl7/subject1_0.xml"):
        content = (folder / name).read_bytes()
        assert faults(finished(wrapped(read_ecg_bytes(content), content, "east"))) == []


def test_a_calibration_pulse_at_the_end_is_no_part_of_the_ecg(shared_dir):
    path = shared_dir / "data/ecg/vendor_samples/philips_sierra/2020-5-18_15-48-11.xml"
    record = read_ecg_file(path).record
    i, ii, avr = (record.microvolts[record.leads.index(lead)] for lead in ("I", "II", "aVR"))
    assert 10.0 <= record.duration_ms / 1000 <= 10.8
    assert np.abs(avr + (i + ii) / 2).max() < 30


def test_the_parsers_are_not_loaded_by_who_only_hands_files_on():
    code = "import sys, dicom.ecg_files.take; sys.exit('ecgdatakit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def finished(dataset):
    """A data set with the file meta information that a file needs."""
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset
