"""What the training command was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`data` is the folder with ecg/, cxr/ and fracture/; `limit` shortens each epoch (to try the road);
    `stop_after` leaves the schedule early; `half` multiplies in bfloat16; `member` trains only that network
    of an average and ends, so that several can learn side by side before a last run joins them."""

    data: Path
    out: Path
    resume: bool = False
    epochs: int | None = None
    limit: int | None = None
    threads: int = 2
    stop_after: int | None = None
    half: bool = False
    member: int | None = None
