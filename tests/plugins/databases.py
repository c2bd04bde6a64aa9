"""The settings of a hub with ports of its own, on every database that READHUB_TEST_DATABASES names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.settings import Settings, read_settings
from tests.plugins.store import DATABASES


@pytest.fixture(params=DATABASES)
def settings(tmp_path: Path, free_port: Callable[[], int], request: pytest.FixtureRequest) -> Settings:
    url = request.getfixturevalue("postgresql")() if request.param == "postgresql" else None
    return read_settings(
        data_dir=tmp_path / "hub", http=f"127.0.0.1:{free_port()}", dicom=f"127.0.0.1:{free_port()}",
        database_url=url,
    )  # fmt: skip
