"""What the hub refuses is said in the language of the page."""

import ast
from pathlib import Path

import pytest

from hub.domain.order import OrderFacts, check_order
from hub.errors import Refused
from hub.store import engine, orders, sites
from web.refusal_words import SENTENCES, told

HUB = Path(__file__).resolve().parents[2] / "hub"
#: What only a console, another system or a device is told, which read English.
NO_PAGE = {"backup.py", "console.py", "console_commands.py", "demo.py", "order_message.py", "receive.py"}
#: Words of refusals that have answers of their own.
FOR_CONSOLES = {
    engine.A_BACKUP,
    "that is no certificate in PEM form",
    "a certificate is named by its PEM file or by its SHA-256 fingerprint of 64 hex digits",
    "the site is switched off",
    "the device is switched off",
    "a device has no '%(name)s'",
    "there is no device '%(title)s'; `readhub device list` shows them",
}
#: The page of a template has a sentence of its own for both.
OWN_SENTENCE = {"a template needs a title and a text", "a part of the template is too long"}


def sentences():
    """Every sentence that a module of the hub refuses with or joins into a refusal."""
    for path in HUB.rglob("*.py"):
        if path.name in NO_PAGE:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in ("Refused", "Sentence") and node.args:
                yield path.name, node.args[0]


def test_every_sentence_of_the_hub_has_its_words_on_the_pages():
    constants = {name: value for module in (engine, orders, sites) for name, value in vars(module).items()}
    found = set()
    for module, node in sentences():
        if isinstance(node, ast.Name) and node.id in ("text", "said"):
            continue  # a name for one that was written out above, or the parent's own
        assert isinstance(node, ast.Constant | ast.Name), (module, ast.unparse(node), "holds its facts")
        found.add(node.value if isinstance(node, ast.Constant) else constants[node.id])
    assert len(found) > 30
    assert found - set(SENTENCES) - FOR_CONSOLES - OWN_SENTENCE == set()


@pytest.fixture
def refusal():
    """Return the refusal of an order with two faults."""
    with pytest.raises(Refused) as raised:
        check_order(OrderFacts("", "x" * 65, "DX", "20261126"))
    return raised.value


def test_a_refusal_is_english_to_programs_and_chinese_on_a_chinese_page(app, refusal):
    assert str(refusal) == "patient_id is missing; name has more than 64 characters"
    with app.test_request_context("/"):
        assert told(refusal) == "请填写患者编号；姓名最多 64 个字符"


def test_a_state_is_named_in_the_words_of_the_page(app):
    with app.test_request_context("/"):
        refusal = Refused("a study that is %(state)s has no draft", state="signed")
        assert told(refusal) == "检查现为“已签发”，不能书写报告。"


def test_a_sentence_that_is_in_no_list_is_shown_as_it_is_also_with_a_per_cent_sign(app):
    with app.test_request_context("/"):
        assert told(Refused("只剩 5% 空间。")) == "只剩 5% 空间。"


def test_a_form_says_in_the_persons_language_why_it_was_refused(boss):
    form = {"name": "north", "label": "", "ae_title": "EAST1", "signing_minutes": "15", "quiet_factor": "1"}
    form["character_set"] = "GB18030"
    assert "AE Title“EAST1”已属于机构“east”" in boss.post("/sites/new", **form).text
    boss.post("/language", lang="en")
    assert "The AE title “EAST1” belongs to the site “east”" in boss.post("/sites/new", **form).text
