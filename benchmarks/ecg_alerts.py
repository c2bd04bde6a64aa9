"""How often each rule of the rule pack raises an alert on PTB-XL's fold 8, and how long one ECG takes.

    python -m benchmarks.ecg_alerts ../shared/data [N]

At 100 Hz, and without the network: rules that use its rhythm names stay silent. ST is shown also for records
that carry no abnormal label, where an alert is most likely a false one.
"""

import csv
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from ai_models.ecg_reading import with_ecg
from benchmarks.ecg_quality import SEED, fold, record_of
from hub.domain.finding import Reading


def main(data: Path, most: int) -> None:
    """Print how many records each rule raises, of all and of those labelled normal."""
    with np.load(data / "ecg" / "ptbxl100_fold8.npz") as stored:
        ids = stored["ecg_id"][np.random.default_rng(SEED + 8).permutation(len(stored["ecg_id"]))[:most]]
    with (data / "ecg" / "labels.csv").open(newline="", encoding="utf-8") as file:
        normal = {row["ecg_id"] for row in csv.DictReader(file) if row["super_NORM"] == "1"}
    everyone: Counter[str] = Counter()
    sound: Counter[str] = Counter()
    began = time.process_time()
    for number, eight in zip(ids, fold(data, 8, most), strict=True):
        codes = {alert.code for alert in with_ecg(Reading("", "", "", True), record_of(eight)).alerts}
        everyone.update(codes)
        if str(number) in normal:
            sound.update(codes)
    seconds = time.process_time() - began
    print(f"{len(ids)} records, {1000 * seconds / len(ids):.0f} ms of one processor each")
    count = sum(str(number) in normal for number in ids)
    for code in sorted(everyone):
        print(f"  {code:22} {everyone[code]:4} of all, {sound[code]:4} of {count} labelled normal")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
