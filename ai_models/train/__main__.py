"""Command line of the training: `python -m ai_models.train ecg|chest|bone|scope --data DIR --out DIR`."""

import argparse
from importlib import import_module
from pathlib import Path

from ai_models.train.options import Options

JOBS = ("ecg", "chest", "bone", "scope")


def main(arguments: list[str] | None = None) -> None:
    """Run one training job from start or from its last checkpoint, to exported weights and card."""
    parser = argparse.ArgumentParser(prog="python -m ai_models.train", description=main.__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--data", type=Path, required=True, help="folder with ecg/, cxr/ and fracture/")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, log, weights, card")
    parser.add_argument("--resume", action="store_true", help="go on after the last full epoch")
    parser.add_argument("--epochs", type=int, help="other than the job's own number")
    parser.add_argument("--limit", type=int, help="steps per epoch, to try the road")
    parser.add_argument("--threads", type=int, default=2, help="processor threads to learn with")
    parser.add_argument("--stop-after", type=int, help="leave the schedule after so many epochs")
    given = vars(parser.parse_args(arguments))
    job = import_module(f"ai_models.train.{given.pop('job')}")
    job.run(Options(**given))


if __name__ == "__main__":
    main()
