"""One plainly invented ECG in every format that is imported: what the contract test reads back."""

import base64
import io
import struct
import zipfile

import numpy as np

from dicom.demo.cases import demo_cases
from dicom.write.frame import part10
from hub.domain.subject import TWELVE_LEADS

RATE_HZ, SECONDS, STEP_UV = 500, 6, 5.0
MEASURED = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
CODES = dict(zip(TWELVE_LEADS, (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), strict=True))


def invented_steps() -> np.ndarray:
    """Counts of 5 µV [12, samples]: beats at 75 a minute, Einthoven's triangle closed."""
    time = np.arange(RATE_HZ * SECONDS) / RATE_HZ
    phase = (time % 0.8) - 0.3
    beat = 1.0 * np.exp(-((phase / 0.012) ** 2)) + 0.25 * np.exp(-(((phase - 0.25) / 0.05) ** 2))
    beat = beat + 0.12 * np.exp(-(((phase + 0.16) / 0.03) ** 2))
    gains = {"I": 0.6, "II": 1.0, "V1": -0.5, "V2": -0.3, "V3": 0.4, "V4": 1.2, "V5": 1.1, "V6": 0.9}
    leads = {name: np.round(gain * beat * 1000 / STEP_UV / 2) * 2 for name, gain in gains.items()}
    one, two = leads["I"], leads["II"]
    leads |= {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    return np.stack([leads[name] for name in TWELVE_LEADS]).astype("<i2")


def scp() -> bytes:
    """SCP-ECG with sections 0, 1, 3 and 6, uncompressed."""
    steps = invented_steps()[[TWELVE_LEADS.index(lead) for lead in MEASURED]]
    patient = b"".join(
        struct.pack("<BH", tag, len(value)) + value
        for tag, value in (
            (0, b"Invented\0"), (2, b"SCP-1\0"), (8, b"\1"), (25, struct.pack("<HBB", 2026, 11, 1)),
            (26, struct.pack("<BBB", 8, 30, 0)), (255, b""),
        )
    )  # fmt: skip
    leads = b"".join(struct.pack("<IIB", 1, steps.shape[1], CODES[lead]) for lead in MEASURED)
    rhythm = struct.pack("<HHBB", int(STEP_UV * 1000), 1_000_000 // RATE_HZ, 0, 0)
    rhythm += b"".join(struct.pack("<H", 2 * steps.shape[1]) for _ in MEASURED)
    bodies = {1: patient, 3: bytes((len(MEASURED), 0b1000_0100)) + leads, 6: rhythm + steps.tobytes()}
    return _scp_file(bodies)


def _scp_file(bodies: dict[int, bytes]) -> bytes:
    numbers, at = [0, *range(1, 12)], 7 + 16 + 10 * 12
    pointers, sections = [struct.pack("<HII", 0, 16 + 10 * 12, 7)], []
    for number in numbers[1:]:
        body = bodies.get(number, b"")
        body += b"\0" * (len(body) % 2)
        length = 16 + len(body) if body else 0
        pointers.append(struct.pack("<HII", number, length, at if body else 0))
        if body:
            sections.append(_scp_section(number, body))
            at += length
    whole = _scp_section(0, b"".join(pointers)) + b"".join(sections)
    rest = struct.pack("<I", len(whole) + 6) + whole
    return struct.pack("<H", _crc(rest)) + rest


def _scp_section(number: int, body: bytes) -> bytes:
    name = b"SCPECG" if number == 0 else b"\0" * 6
    rest = struct.pack("<HIBB", number, 16 + len(body), 20, 20) + name + body
    return struct.pack("<H", _crc(rest)) + rest


def _crc(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def hl7_aecg() -> bytes:
    """HL7 annotated ECG."""
    sequences = "".join(
        '<component><sequence classCode="OBS"><code code="MDC_ECG_LEAD_' + lead.upper() + '" '
        'codeSystem="2.16.840.1.113883.6.24"/><value xsi:type="SLIST_PQ"><origin value="0" unit="uV"/>'
        f'<scale value="{STEP_UV}" unit="uV"/><digits>{" ".join(map(str, steps))}</digits></value>'
        "</sequence></component>"
        for lead, steps in zip(TWELVE_LEADS, invented_steps(), strict=True)
    )
    return (
        '<?xml version="1.0"?><AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" type="Observation">'
        '<effectiveTime><center value="20261101083000"/></effectiveTime><componentOf><timepointEvent>'
        "<componentOf><subjectAssignment><subject><trialSubject>"
        '<id root="2.25.1" extension="AECG-1"/></trialSubject></subject></subjectAssignment></componentOf>'
        '</timepointEvent></componentOf><component><series><code code="RHYTHM"/><component><sequenceSet>'
        '<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">'
        f'<head value="20261101083000"/><increment value="{1 / RATE_HZ}" unit="s"/></value></sequence>'
        f"</component>{sequences}</sequenceSet></component></series></component></AnnotatedECG>"
    ).encode()


def philips_sierra() -> bytes:
    """Philips Sierra XML, version 1.03, plain samples."""
    data = base64.b64encode(invented_steps().tobytes()).decode()
    names = " ".join(TWELVE_LEADS)
    return (
        '<?xml version="1.0"?><restingecgdata xmlns="http://www3.medical.philips.com">'
        "<documentinfo><documenttype>SierraECG</documenttype><documentversion>1.03</documentversion>"
        '</documentinfo><dataacquisition date="2026-11-01" time="08:30:00"><signalcharacteristics>'
        f"<samplingrate>{RATE_HZ}</samplingrate><signalresolution>{STEP_UV:g}</signalresolution>"
        "<bitspersample>16</bitspersample><signaloffset>0</signaloffset><signalsigned>True</signalsigned>"
        "</signalcharacteristics></dataacquisition><patient><generalpatientdata>"
        "<patientid>SIERRA-1</patientid></generalpatientdata></patient><waveforms>"
        f'<parsedwaveforms dataencoding="Base64" compressflag="False" durationperchannel="{SECONDS * 1000}" '
        f'nbitspersample="16" numberofleads="12" leadlabels="{names}">{data}</parsedwaveforms>'
        "</waveforms></restingecgdata>"
    ).encode()


def ge_muse() -> bytes:
    """GE MUSE resting ECG XML: eight leads are stored, four follow from them."""
    steps = invented_steps()
    leads = "".join(
        f"<LeadData><LeadID>{lead}</LeadID><LeadSampleSize>2</LeadSampleSize>"
        f"<LeadSampleCountTotal>{steps.shape[1]}</LeadSampleCountTotal>"
        f"<LeadAmplitudeUnitsPerBit>{STEP_UV}</LeadAmplitudeUnitsPerBit>"
        "<LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits>"
        f"<WaveFormData>{base64.b64encode(steps[TWELVE_LEADS.index(lead)].tobytes()).decode()}"
        "</WaveFormData></LeadData>"
        for lead in MEASURED
    )
    return (
        '<?xml version="1.0"?><RestingECG><MuseInfo><MuseVersion>9</MuseVersion></MuseInfo>'
        "<PatientDemographics><PatientID>MUSE-1</PatientID><PatientLastName>Invented</PatientLastName>"
        "<Gender>FEMALE</Gender></PatientDemographics><TestDemographics>"
        "<AcquisitionDate>11-01-2026</AcquisitionDate><AcquisitionTime>08:30:00</AcquisitionTime>"
        "</TestDemographics><RestingECGMeasurements><VentricularRate>75</VentricularRate>"
        "</RestingECGMeasurements><Waveform><WaveformType>Rhythm</WaveformType>"
        f"<SampleBase>{RATE_HZ}</SampleBase><SampleExponent>0</SampleExponent>{leads}</Waveform></RestingECG>"
    ).encode()


def mortara() -> bytes:
    """Mortara ELI XML."""
    channels = "".join(
        f'<CHANNEL NAME="{lead}" OFFSET="0" BITS="16" FORMAT="SIGNED" UNITS_PER_MV="{1000 / STEP_UV:g}" '
        f'DURATION="{len(steps)}" SAMPLE_FREQ="{RATE_HZ}" ENCODING="BASE64" '
        f'DATA="{base64.b64encode(steps.tobytes()).decode()}"/>'
        for lead, steps in zip(TWELVE_LEADS, invented_steps(), strict=True)
    )
    return (
        '<?xml version="1.0"?><ECG ACQUISITION_TIME="20261101083000" VENT_RATE="75" NUM_QRS="7">'
        '<SOURCE TYPE="PC" MANUFACTURER="MORTARA" MODEL="ELI"/>'
        f'<SUBJECT ID="ELI-1" LAST_NAME="Invented" GENDER="Male"/>{channels}</ECG>'
    ).encode()


def edf() -> bytes:
    """EDF: one record of all samples for each of twelve signals in µV."""
    steps = invented_steps()
    count, samples = steps.shape

    def fields(width: int, *values: object) -> bytes:
        return b"".join(str(value).encode().ljust(width) for value in values)

    head = b"0       " + fields(80, "EDF-1", "invented")
    head += fields(8, "01.11.26", "08.30.00", 256 * (count + 1)) + fields(44, "")
    head += fields(8, 1, SECONDS) + fields(4, count)
    head += fields(16, *(f"ECG {lead}" for lead in TWELVE_LEADS)) + fields(80, *[""] * count)
    head += fields(8, *["uV"] * count, *[-10_000] * count, *[10_000] * count)
    head += fields(8, *[-2000] * count, *[2000] * count) + fields(80, *[""] * count)
    head += fields(8, *[samples] * count) + fields(32, *[""] * count)
    return head + steps.tobytes()


def wfdb() -> bytes:
    """WFDB, format 16, in a ZIP archive."""
    steps = invented_steps()
    lines = [f"invented {len(steps)} {RATE_HZ} {steps.shape[1]}"]
    lines += [f"invented.dat 16 {1000 / STEP_UV:g}/mV 16 0 0 0 0 {lead}" for lead in TWELVE_LEADS]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("invented.hea", "\n".join(lines) + "\n")
        archive.writestr("invented.dat", steps.T.tobytes())
    return packed.getvalue()


def mfer() -> bytes:
    """MFER (ISO 22077): little endian, 16 bits, one frame."""
    steps = invented_steps()

    def field(tag: int, value: bytes) -> bytes:
        size = len(value)
        length = bytes((size,)) if size < 0x80 else b"\x84" + size.to_bytes(4, "big")
        return bytes((tag,)) + length + value

    def channel(number: int, lead: str) -> bytes:
        inner = field(0x09, struct.pack("<H", CODES[lead]))
        return bytes((0x3F, number, len(inner))) + inner

    return b"".join((
        field(0x40, b"MFR ".ljust(32)), field(0x01, b"\1"), field(0x82, b"MFER-1"), field(0x08, b"\1"),
        field(0x0B, struct.pack("<BbH", 1, -3, 2)), field(0x0C, struct.pack("<BbH", 0, -6, int(STEP_UV))),
        field(0x04, struct.pack("<I", steps.shape[1])), field(0x05, bytes((len(steps),))),
        field(0x06, b"\1"), field(0x0A, b"\0"),
        *(channel(number, lead) for number, lead in enumerate(TWELVE_LEADS)),
        field(0x1E, steps.tobytes()), bytes((0x80, 0)),
    ))  # fmt: skip


def dicom_ecg() -> bytes:
    """The demo's DICOM ECG."""
    case = demo_cases("20261101")[11]
    return part10(next(iter(case.make(case.person, case.exam))))


#: A file of each format, by the format's name.
SAMPLES = {
    "SCP-ECG": scp, "HL7 aECG": hl7_aecg, "Philips Sierra XML": philips_sierra, "GE MUSE XML": ge_muse,
    "Mortara ELI XML": mortara, "EDF": edf, "WFDB": wfdb, "MFER": mfer, "DICOM": dicom_ecg,
}  # fmt: skip
