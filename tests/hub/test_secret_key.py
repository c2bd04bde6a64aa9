"""The hub's secret: random, made once, private."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.errors import SetupFault
from hub.secret_key import SECRET_FILE, secret_key


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    secret = secret_key(tmp_path)
    assert len(bytes.fromhex(secret)) == 32
    assert secret_key(tmp_path) == secret
    assert (tmp_path / SECRET_FILE).stat().st_mode & 0o777 == 0o600


def test_two_hubs_have_different_secrets(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "a") != secret_key(tmp_path / "b")


def test_processes_that_ask_together_get_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(secret_key, [tmp_path] * 32))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret_key(tmp_path)
    (tmp_path / SECRET_FILE).chmod(0o640)
    with pytest.raises(SetupFault, match="can be read by others"):
        secret_key(tmp_path)


def test_a_cut_off_secret_is_refused(tmp_path: Path) -> None:
    secret_key(tmp_path)
    (tmp_path / SECRET_FILE).write_text("short")
    with pytest.raises(SetupFault, match="holds no secret"):
        secret_key(tmp_path)
