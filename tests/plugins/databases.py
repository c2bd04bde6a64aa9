"""The settings of a hub with ports of its own, on every database that READHUB_TEST_DATABASES names."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.settings import Settings
from tests.plugins.store import DATABASES, settings_on


@pytest.fixture(params=DATABASES)
def settings(
    tmp_path: Path, free_port: Callable[[], int], request: pytest.FixtureRequest
) -> Iterator[Settings]:
    yield from settings_on(
        request.param, request, data_dir=tmp_path / "hub",
        http=f"127.0.0.1:{free_port()}", dicom=f"127.0.0.1:{free_port()}",
    )  # fmt: skip
