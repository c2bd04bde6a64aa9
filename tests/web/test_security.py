"""Where one may be sent, under which names the hub answers, and how many guesses are free."""

import threading
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.settings import read_settings
from tests.web.browser import Browser
from web.security import host_name, local_path, trusted_hosts

HUB = "http://hub.example/login"


@given(st.text(alphabet="/\\.:@?#%\t\n ehtpsvil-", max_size=24))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:evil.example")
@example("/./\\evil")
def test_whatever_is_asked_for_nobody_leaves_the_hub(target):
    found = local_path(target)
    if found is not None:
        # Browsers drop tabs and newlines and read backslashes as slashes.
        as_browsers_do = found.replace("\\", "/").replace("\t", "").replace("\n", "")
        assert urlsplit(urljoin(HUB, as_browsers_do)).netloc == "hub.example"


@pytest.mark.parametrize("path", ["/worklist", "/studies/7?x=1", "/inbox/3.pdf"])
def test_a_page_of_the_hub_is_a_place_to_go(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("hub.example", "hub.example"), ("HUB.example:8080", "hub.example"), ("[::1]:8080", "[::1]"),
        ("", ""), ("evil.example/../", ""), ("a b", ""), ("hub.example:port", ""), ("hub@evil.example", ""),
        ("hub.example, evil.example", ""),
    ],
)  # fmt: skip
def test_a_host_header_names_one_host_or_none(header, name):
    assert host_name(header) == name


def test_listening_everywhere_trusts_no_name_but_the_loopback_and_those_given():
    everywhere = read_settings(http="0.0.0.0:8080")
    assert trusted_hosts(everywhere) == {"localhost", "127.0.0.1", "[::1]"}
    named = read_settings(http="10.1.2.3:80", trusted_hosts="Hub.County.example, other.example")
    assert trusted_hosts(named) >= {"hub.county.example", "other.example", "10.1.2.3"}


def test_many_guesses_at_once_are_not_many_free_guesses(app, audited, counted):
    browsers = [Browser(app) for _ in range(12)]
    for one in browsers:
        one.read_token("/login")
    start = threading.Barrier(len(browsers))

    def guess(one, number):
        start.wait()
        form = {"username": "li", "password": f"guess {number}", "csrf_token": one.token}
        one.client.post("/login", data=form)

    threads = [threading.Thread(target=guess, args=pair) for pair in zip(browsers, range(12), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = [row[2] for row in audited() if row[:2] == ("login", "user:li")]
    assert outcomes.count("wrong-password") <= 5
    assert len(outcomes) + counted("slowed") == 12
