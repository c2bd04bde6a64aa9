"""What every command of the command line shares: its options, and the settings that they choose."""

import os
from pathlib import Path
from typing import Annotated

import typer

from hub.settings import Settings, read_settings

Data = Annotated[Path | None, typer.Option("--data", help="The hub's folder [READHUB_DATA_DIR, ./var].")]
Http = Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="Where pages are served.")]
Dicom = Annotated[str | None, typer.Option("--dicom", metavar="HOST:PORT", help="Where studies come in.")]


def group(about: str) -> typer.Typer:
    """Return an empty group of commands with plain help."""
    return typer.Typer(
        help=about, no_args_is_help=True, add_completion=False,
        rich_markup_mode=None, pretty_exceptions_enable=False,
    )  # fmt: skip


def one_thread_each() -> None:
    """Keep the libraries' own threads out of processes that are already as many as the cores.

    To be called before numpy is imported, here or in a child.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def chosen_settings(
    data: Path | None = None, http: str | None = None, dicom: str | None = None, demo: bool = False
) -> Settings:
    """Return the settings of the environment with what the command line names instead.

    What is named is written into the environment, so that every child process means the same hub.
    """
    named = {"DATA_DIR": data and data.expanduser().absolute(), "HTTP": http, "DICOM": dicom}
    for name, value in (named | ({"DEMO": "true"} if demo else {})).items():
        if value is not None:
            os.environ[f"READHUB_{name}"] = str(value)
    return read_settings()
