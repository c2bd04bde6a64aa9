"""Both languages are whole: no page shows one language in the midst of the other."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from hub.store.tables import Report
from tests.web.test_case import sign

WEB = Path(__file__).resolve().parents[2] / "web"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_l": None, "lazy_gettext": None}
CHINESE = re.compile("[\u3400-\u9fff]+")
#: What is Chinese in an English page: the switch to Chinese, and what people and senders wrote.
WRITTEN_BY_PEOPLE = ("中文", "张三", "双肺纹理清晰", "心", "肺", "膈未见明确异常", "县人民医院远程诊断中心")


def test_every_text_of_the_pages_has_its_english():
    with (WEB / "babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    with (WEB / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    texts = {found[2] for found in extract_from_dir(str(WEB), mapping, options, KEYWORDS)}
    wanted = {text[0] if isinstance(text, tuple) else text for text in texts}
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue if m.id and m.string}
    assert wanted - known == set() and known - wanted == set()


@pytest.fixture
def signed(li, ready, store):
    study = ready(name="张三")
    sign(li, study)
    with store.reading() as session:
        return session.query(Report).one().id


def in_english(browser):
    browser.post("/language", lang="en")
    return browser


@pytest.mark.parametrize(
    ("who", "pages"),
    [
        ("boss", ("/worklist", "/quarantine", "/sites", "/sites/1", "/sites/new", "/nowhere")),
        ("boss", ("/templates/new",)),
        ("boss", ("/orders", "/orders/new", "/users", "/users/1", "/users/new", "/audit", "/ledger")),
        ("wang", ("/worklist", "/ledger", "/studies/1", "/users")),
        ("eastclinic", ("/inbox", "/inbox/1", "/inbox/1/print", "/inbox/1.pdf", "/worklist")),
    ],
)  # fmt: skip
def test_an_english_page_has_no_chinese_of_ours(browser, signed, who, pages):
    reader = in_english(browser(who))
    for page in pages:
        left = [word for word in CHINESE.findall(reader.get(page).text) if word not in WRITTEN_BY_PEOPLE]
        assert left == [], (page, left)


def test_the_login_page_is_in_the_language_that_was_chosen_before(app):
    from tests.web.browser import Browser

    stranger = Browser(app)
    stranger.read_token("/login")
    stranger.post("/language", lang="en")
    assert "User name" in stranger.see("/login")


def test_what_is_refused_is_said_in_the_persons_language(browser, ready):
    li, study = in_english(browser("li")), ready()
    answer = sign(li, study, impression="")
    assert answer.json["message"] == "The impression is empty; the report cannot be signed."


def test_how_an_act_ended_is_said_in_words_on_the_audit_page(boss):
    page = boss.see("/audit?act=login")
    assert "完成" in page and 'title="ok"' in page
