"""What a child of the offline pre-read does: load the models once, then one line of JSON per file."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ai_models.registry import load_models
from ai_models.session import providers_from
from dicom.errors import DicomError, Unreadable
from hub.domain.finding import Reading
from hub.domain.subject import EcgRecord
from hub.log import start_log
from workers.subjects import Rules, loaded, not_assessed, read_by, reason_of, subject_in

#: What a line says of a reading, in this order; an ECG's also says ECG_LINE.
LINE = ("assessed", "reason", "model", "version", "milliseconds", "scores", "findings", "remarks")
ECG_LINE = ("measurements", "statements", "alerts", "unchecked")


def reader(how: tuple[str, Path | None]) -> Callable[[str], str]:
    """Load the models and return what reads one file; to be called in the child, for no session is shared."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to answer
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no line
    start_log("pre-read")
    providers, pack = how
    models, rules = load_models(providers_from(providers)), Rules(pack)

    def read(path: str) -> str:
        uid, subject = "", None
        try:
            if not Path(path).is_file():  # a pipe would be waited for
                raise Unreadable("the path is no file")
            dataset = loaded(Path(path))
            uid = str(dataset.get("SOPInstanceUID", ""))
            subject = subject_in(Path(path), dataset)
            reading = read_by(models, subject, rules)
        except DicomError as error:
            reading = not_assessed(reason_of(error))
        except OSError:
            reading = not_assessed("failed:unreadable")
        except Exception as error:  # whatever one file holds, the others are still read
            reading = not_assessed(f"failed:error:{type(error).__name__}")
        return json.dumps(_line(path, uid, reading, isinstance(subject, EcgRecord)), ensure_ascii=False)

    return read


def _line(path: str, uid: str, reading: Reading, is_ecg: bool) -> dict[str, Any]:
    said = reading.as_json()
    line = {"path": path, "sop_instance_uid": uid, **{name: said[name] for name in LINE}}
    return line | ({name: said[name] for name in ECG_LINE} if is_ecg else {})
