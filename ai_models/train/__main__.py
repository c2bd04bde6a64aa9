"""Command line of the training: `python -m ai_models.train ecg|chest|bone|scope --data DIR --out DIR`.

`again` and `eight-bits` work on the shipped weights instead; each says with --help what it takes.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from ai_models.train.options import Options

JOBS = ("ecg", "chest", "bone", "scope")
#: What is done with weights that are there already, by the module that does it.
AFTERWARDS = {"again": "again", "eight-bits": "eight_bits"}


def main(arguments: list[str] | None = None) -> None:
    """Run one training job from start or from its last checkpoint, to exported weights and card."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in AFTERWARDS:
        import_module(f"ai_models.train.{AFTERWARDS[words[0]]}").main(words[1:])
        return
    parser = argparse.ArgumentParser(prog="python -m ai_models.train", description=main.__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--data", type=Path, required=True, help="folder with ecg/, cxr/ and fracture/")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, log, weights, card")
    parser.add_argument("--resume", action="store_true", help="go on after the last full epoch")
    parser.add_argument("--epochs", type=int, help="other than the job's own number")
    parser.add_argument("--limit", type=int, help="steps per epoch, to try the road")
    parser.add_argument("--threads", type=int, default=2, help="processor threads to learn with")
    parser.add_argument("--stop-after", type=int, help="leave the schedule after so many epochs")
    parser.add_argument("--half", action="store_true", help="products in bfloat16 (AVX-512 BF16, AMX)")
    parser.add_argument("--member", type=int, help="train only this network of an average, from 0")
    given = vars(parser.parse_args(words))
    job = import_module(f"ai_models.train.{given.pop('job')}")
    job.run(Options(**given))


if __name__ == "__main__":
    main()
