"""A critical value reaches its site before the report, and the reader learns that somebody there knows."""

import re

import pytest

from hub.store.tables import CriticalNotice, Study
from tests.web.test_case import case, sign

WORDS = "右侧张力性气胸"


def tell(browser, study, words=WORDS):
    return browser.send("POST", f"/studies/{study}/critical", {"words": words})


@pytest.fixture
def told(li, ready, store):
    """A study of which the eastern site was told: (study id, notice id)."""
    study = ready()
    assert tell(li, study).status_code == 200
    with store.reading() as session:
        return study, session.query(CriticalNotice).one().id


def test_the_site_is_told_and_the_study_goes_before_all_others(li, ready, store, browser, audited):
    ready(study="1.3", name="李四")
    study = ready()
    said = tell(li, study).json
    assert (said["words"], said["by"], said["knownBy"]) == (WORDS, "Li", None)
    with store.reading() as session:
        assert session.get(Study, study).priority == "critical"
    page = browser("eastclinic").see("/inbox")
    assert WORDS in page and "我已知晓" in page and page.index(WORDS) < page.index("<table")
    assert ("critical", f"study:{study}", "told") in audited("li")
    assert li.see("/worklist").index("张三") < li.see("/worklist").index("李四")


def test_who_confirms_it_first_is_kept_and_shown_to_the_reader(li, told, browser, audited):
    study, notice = told
    clinic = browser("eastclinic")
    assert WORDS in clinic.see("/inbox/notices")
    for _ in range(2):
        assert clinic.post(f"/inbox/notices/{notice}").status_code == 303
    assert WORDS not in clinic.see("/inbox") and WORDS not in clinic.see("/inbox/notices")
    (known,) = case(li, study)["critical"]
    assert known["knownBy"] == "Eastclinic" and re.match(r"\d{4}-\d\d-\d\dT", known["knownAt"])
    assert audited("eastclinic").count(("critical", f"study:{study}", "known")) == 2


def test_another_site_neither_sees_nor_confirms_it(told, browser, store):
    _study, notice = told
    west = browser("westclinic")
    assert WORDS not in west.see("/inbox") and WORDS not in west.see("/inbox/notices")
    assert west.post(f"/inbox/notices/{notice}").status_code == 404
    with store.reading() as session:
        assert session.get(CriticalNotice, notice).known_at is None


def test_who_reads_at_another_site_tells_nothing(browser, ready, store):
    study = ready(site="west")
    assert tell(browser("eastdoc"), study).status_code == 404
    with store.reading() as session:
        assert session.query(CriticalNotice).count() == 0


@pytest.mark.parametrize("words", ["", "   ", "气" * 201])
def test_a_notice_says_something_and_not_too_much(li, ready, store, words):
    answer = tell(li, ready(), words)
    assert answer.status_code == 422 and "危急值" in answer.json["message"]
    with store.reading() as session:
        assert session.query(CriticalNotice).count() == 0


def test_a_critical_report_is_signed_without_a_question_once_the_site_was_told(li, ready):
    study, words = ready(), {"findings": "右侧胸腔大量积气。", "impression": "右侧张力性气胸。"}
    asked = sign(li, study, **words)
    assert asked.status_code == 409 and asked.json["concerns"][0]["key"] == "critical"
    tell(li, study)
    assert sign(li, study, **words).status_code == 200


def test_patient_and_words_are_escaped(li, ready, browser):
    study = ready(name="<b>张</b>")
    tell(li, study, "<script>alert(1)</script>")
    page = browser("eastclinic").see("/inbox")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
