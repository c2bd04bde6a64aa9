"""How well misplaced electrodes, loose, cut and paced leads are found in corrupted PTB-XL records.

    python -m benchmarks.ecg_quality fit ../shared/data      # writes ai_models/ecg_quality/places.json
    python -m benchmarks.ecg_quality check ../shared/data [N]  # sensitivity and false alarms on fold 8
    python -m benchmarks.ecg_quality once ../shared/data     # share of fold 9 that is refused: ask it once

The weights are least squares on folds 1 to 7, the limits the highest scores of untouched records of fold 8
but for one in 400 (limbs, all chest leads) or one in 1000 (each pair of chest leads). Corruption is seeded.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ai_models.ecg_measure.agreement import read_records
from ai_models.ecg_quality import places
from ai_models.ecg_quality.examine import grave_reason, technical
from ai_models.ecg_signal import INDEPENDENT, refuse_signal
from hub.domain.subject import TWELVE_LEADS, EcgRecord

PER_FOLD = 400
PLACES = Path(places.__file__).parent / "places.json"
RARE, RARER = 0.9975, 0.999
SEED = 20261101


def fold(data: Path, number: int, most: int | None = None) -> np.ndarray:
    """Return µV [n, 8, 1000] of a fold, or of a seeded choice of `most` records."""
    with np.load(data / "ecg" / f"ptbxl100_fold{number}.npz") as stored:
        count = len(stored["ecg_id"])
        chosen = np.random.default_rng(SEED + number).permutation(count)[:most]
        packed = stored["lo"][chosen].astype("int32") | (stored["hi"][chosen].astype("int32") << 8)
    return (((packed >> 1) ^ -(packed & 1)).cumsum(-1) * 5).astype(np.float64)


def fit(data: Path) -> None:
    """Write weights from folds 1 to 7 and limits from fold 8."""
    train = np.stack([places.shares(one) for n in range(1, 8) for one in fold(data, n, PER_FOLD)])
    tune = [places.shares(one) for one in fold(data, 8)]
    weights = [_weights(train, told, by) for told, by in places.relations()]
    _write({"weights": weights, "limits": {}})
    places._fitted.cache_clear()
    places._weights.cache_clear()
    places._squares.cache_clear()
    scores = [places.gains(covariance) for covariance in tune]
    limits = {}
    for name in scores[0]:
        rare = RARER if name.startswith("swapped-chest") else RARE
        limits[name] = round(float(np.quantile([score[name] for score in scores], rare)), 3)
    _write({"weights": weights, "limits": limits})


def _weights(train: np.ndarray, told: list[int], by: list[int]) -> list[list[float]]:
    mean = train.mean(axis=0)
    explaining = mean[np.ix_(by, by)] + 1e-4 * np.eye(len(by))
    return np.round(np.linalg.solve(explaining, mean[np.ix_(by, told)]), 4).tolist()


def _write(said: dict[str, object]) -> None:
    text = {"from": "PTB-XL 1.0.3, weights on folds 1-7, limits on fold 8"} | said
    PLACES.write_text(json.dumps(text) + "\n", "utf-8")


def record_of(eight: np.ndarray, rate: float = 100.0) -> EcgRecord:
    """Return the twelve leads of the eight that are stored."""
    have = dict(zip(INDEPENDENT, eight, strict=True))
    one, two = have["I"], have["II"]
    have |= {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    return EcgRecord(TWELVE_LEADS, rate, np.stack([have[lead] for lead in TWELVE_LEADS]).astype(np.float32))


def corruptions() -> Iterator[tuple[str, str, Callable[[np.ndarray, np.random.Generator], np.ndarray]]]:
    """Yield a name, the code that must be found, and what is done to the eight leads."""
    for one in places.exchanges():
        yield places.name_of(one), one.code, lambda x, _r, one=one: one.back @ x
    yield "one chest lead off", "flat-lead", _off(1.0)
    yield "one chest lead off for 4 of 10 s", "loose-lead", _off(0.4)
    yield "one chest lead clipped at 50 %", "saturated-lead", _clipped(0.5)
    yield "one chest lead clipped at 75 %", "saturated-lead", _clipped(0.75)
    yield "leg electrode on an arm", "leg-as-arm", _leg


def _off(share: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    def corrupt(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        out, lead = x.copy(), random.integers(2, 8)
        start = int(x.shape[1] * (1 - share))
        out[lead, start:] = random.normal(random.uniform(-500, 500), 2.0, x.shape[1] - start)
        return out

    return corrupt


def _clipped(share: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    def corrupt(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        out, lead = x.copy(), random.integers(2, 8)
        middle = np.median(x[lead])
        limit = share * np.abs(x[lead] - middle).max()
        out[lead] = np.clip(x[lead], middle - limit, middle + limit)
        return out

    return corrupt


def _leg(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Right arm and right leg exchanged: lead II is the difference of the two legs."""
    out = x.copy()
    out[1] = random.normal(0, 5, x.shape[1])
    out[0] = -(x[1] - x[0])
    return out


def check(data: Path, most: int) -> None:
    """Print false alarms of untouched records, then how often each corruption was named."""
    clean = fold(data, 8, most)
    alarms: Counter[str] = Counter()
    for one in clean:
        alarms.update({remark.code for remark in technical(record_of(one))})
    print(f"false alarms of {len(clean)} untouched records of fold 8:")
    for code, count in sorted(alarms.items()):
        print(f"  {code:18} {count:4} {100 * count / len(clean):5.2f} %")
    refused = sum(bool(refuse_signal(r) or grave_reason(r)) for r in map(record_of, clean))
    print(f"  refused            {refused:4} {100 * refused / len(clean):5.2f} %")
    print("found, of as many corrupted:")
    for name, code, corrupt in corruptions():
        random = np.random.default_rng(SEED)
        found = [{m.code for m in technical(record_of(corrupt(one, random)))} for one in clean]
        named, any_ = sum(code in one for one in found), sum(bool(one) for one in found)
        share, anyway = 100 * named / len(clean), 100 * any_ / len(clean)
        print(f"  {name:34} named {share:5.1f} %, any remark {anyway:5.1f} %")
    _check_spikes(data)


def _check_spikes(data: Path) -> None:
    """Pacing spikes of 2 ms before each second of the 500 Hz records of folds 1 to 8."""
    records = [record for _name, record in read_records(data / "ecg" / "ptbxl500")]
    alarms = sum("pacing-spikes" in _codes(record) for record in records)
    print(f"pacing spikes on {len(records)} records at 500 Hz: {alarms} false alarms")
    for height in (300.0, 500.0, 1000.0, 3000.0):
        found = 0
        for number, record in enumerate(records):
            random = np.random.default_rng(SEED + number)
            samples = np.array(record.microvolts)
            for start in range(200, samples.shape[1] - 10, 450):
                samples[:, start] += random.uniform(0.3, 1.0, len(samples)) * height
            found += "pacing-spikes" in _codes(EcgRecord(record.leads, record.rate_hz, samples))
        print(f"  spikes up to {height:5.0f} µV: {found} of {len(records)}")


def _codes(record: EcgRecord) -> set[str]:
    return {remark.code for remark in technical(record)}


def once(data: Path) -> None:
    """Print what share of fold 9 is refused; it chose nothing."""
    records = [record_of(one) for one in fold(data, 9)]
    refused = [refuse_signal(record) or grave_reason(record) for record in records]
    why = Counter(reason.split(":")[0] for reason in refused if reason)
    print(f"fold 9: {sum(map(bool, refused))} of {len(records)} refused {dict(why)}")
    remarks = Counter(code for record in records for code in _codes(record))
    print(f"remarks on fold 9: {dict(remarks)}")


if __name__ == "__main__":
    act, folder = sys.argv[1], Path(sys.argv[2])
    if act == "check":
        check(folder, int(sys.argv[3]) if len(sys.argv) > 3 else 1000)
    else:
        {"fit": fit, "once": once}[act](folder)
