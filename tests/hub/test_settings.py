"""What a hub is told by its environment: taken up, or refused by the variable's name."""

import pytest

from hub.errors import SetupFault
from hub.settings import read_settings


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Asia", "../etc/passwd", "北京"])
def test_a_time_zone_that_nobody_knows_is_refused_by_name(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READHUB_TIME_ZONE", zone)
    with pytest.raises(SetupFault, match="READHUB_TIME_ZONE.*must name a time zone, such as Asia/Shanghai"):
        read_settings()


def test_every_faulty_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READHUB_TIME_ZONE", "Asia/Urumqi")
    assert read_settings().zone.key == "Asia/Urumqi"
    monkeypatch.setenv("READHUB_PUBLIC_URL", "hub.example.org")
    monkeypatch.setenv("READHUB_TIME_ZONE", "nowhere")
    with pytest.raises(
        SetupFault, match="READHUB_PUBLIC_URL.*READHUB_TIME_ZONE|READHUB_TIME_ZONE.*READHUB_PUBLIC_URL"
    ):
        read_settings()
