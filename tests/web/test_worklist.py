"""The worklist page: who waits, in which order, for whose eyes."""

import re

import pytest
from sqlalchemy import update

from hub.domain.finding import Finding, Reading
from hub.store.pre_reads import keep_reading
from hub.store.tables import Instance, Patient, Study


def rows_of(page):
    return [int(found) for found in re.findall(r'<tr data-study="(\d+)"', page)]


def set_study(store, study_id, **values):
    with store.writing() as session:
        session.execute(update(Study).where(Study.id == study_id).values(**values))


def test_every_listed_study_stands_there_once(li, ready):
    ids = [ready(study=f"1.2.{n}") for n in range(3)]
    assert sorted(rows_of(li.see("/worklist"))) == ids


def test_the_critical_one_comes_first_then_the_one_that_waits_longest(li, store, ready):
    first, second, third = (ready(study=f"1.2.{n}") for n in range(3))
    set_study(store, third, priority="critical")
    assert rows_of(li.see("/worklist")) == [third, first, second]


def test_data_order_sorts_as_the_list_does(li, store, ready):
    ids = [ready(study=f"1.2.{n}") for n in range(4)]
    set_study(store, ids[2], priority="urgent")
    set_study(store, ids[0], state="signed")
    orders = re.findall(r'data-order="([^"]+)"', li.see("/worklist"))
    assert len(orders) == 4 and orders == sorted(orders)


def test_a_study_that_arrives_shows_how_many_came(li, arrive):
    arrive()
    assert "接收中 1/?" in li.see("/worklist")


def test_a_doctor_of_one_site_sees_that_site_only(browser, ready):
    east, _west = ready("east", "1.2.1"), ready("west", "1.2.2")
    assert rows_of(browser("eastdoc").see("/worklist")) == [east]


def test_a_quarantined_study_is_not_in_the_list(li, arrive):
    arrive(sop="1.2.3", patient="P1")
    arrive(sop="1.2.4", patient="P2")
    assert rows_of(li.see("/worklist")) == []


def test_filters_of_the_address_narrow_the_list(li, ready):
    film, scan = ready(study="1.2.1", modality="DX"), ready("west", study="1.2.2", modality="CT", name="李四")
    assert rows_of(li.see("/worklist?modality=CT")) == [scan]
    assert rows_of(li.see("/worklist?site=east")) == [film]
    assert rows_of(li.see("/worklist?q=李四")) == [scan]
    assert rows_of(li.see("/worklist?state=signed")) == []


def test_a_percent_sign_in_the_search_is_a_percent_sign(li, ready):
    ready(study="1.2.1", name="张三")
    assert rows_of(li.see("/worklist?q=%25")) == []


def test_rows_of_changed_studies_come_alone_and_gone_ones_are_left_out(li, ready, store):
    one, two = ready(study="1.2.1"), ready(study="1.2.2")
    set_study(store, two, state="rejected")
    assert rows_of(li.see(f"/worklist/rows?ids={one},{two},999,x")) == [one]
    assert rows_of(li.see("/worklist/rows")) == [one]


def test_rows_of_another_site_are_left_out_though_asked_for(browser, ready):
    west = ready("west", "1.2.2")
    assert rows_of(browser("eastdoc").see(f"/worklist/rows?ids={west}")) == []


def test_what_a_patient_or_sender_wrote_is_shown_and_never_run(li, ready, store):
    evil = '<img src=x onerror="alert(1)">'
    study = ready(study="1.2.1", name=evil)
    set_study(store, study, description=evil, body_part=evil, accession=evil, note=evil)
    page = li.see("/worklist")
    assert evil not in page and "&lt;img" in page


def test_a_guessed_name_stands_with_its_mark(li, ready, store):
    ready(study="1.2.1")
    with store.writing() as session:
        session.execute(update(Patient).values(name_guessed=True))
    assert '<span class="guessed"' in li.see("/worklist")


def keep(store, study_id, **reading):
    with store.writing() as session:
        instance = session.query(Instance).filter_by(study_id=study_id).one()
        made = Reading(
            **({"model": "chest", "version": "1", "weight_digest": "", "assessed": True} | reading)
        )
        keep_reading(session, instance, made, f"2.25.{study_id}")


def test_what_the_models_say_stands_in_the_row(li, ready, store):
    shadow = Finding("pneumonia", "肺炎", "pneumonia", 0.874, 0.5, True)
    keep(store, ready(study="1.2.1"), findings=(shadow,))
    keep(store, ready(study="1.2.2"))
    keep(store, ready(study="1.2.3"), assessed=False, reason="out-of-scope:modality")
    ready(study="1.2.4")
    page = li.see("/worklist")
    for words in ("AI 肺炎 0.87", "AI 无阳性提示", "AI 未评估：此类检查不在模型适用范围内", "AI 读片中"):
        assert words in page
    assert "正常" not in page


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.99935, "&gt;0.99"), (1.0, "&gt;0.99"), (0.9949, "0.99"), (0.5, "0.50")]
)
def test_no_probability_is_shown_as_a_certainty(li, ready, store, probability, shown):
    found = Finding("pneumonia", "肺炎", "pneumonia", probability, 0.5, True)
    keep(store, ready(), findings=(found,))
    assert f"AI 肺炎 {shown}<" in li.see("/worklist")


def test_an_ecg_that_a_model_calls_normal_is_no_finding_and_says_what_it_says(li, ready, store):
    said = {"code": "sub_NORM", "label_zh": "正常心电图", "label_en": "Normal ECG"}
    normal = Finding(**said, probability=0.93, threshold=0.5, positive=True)
    group = Finding("super_MI", "心肌梗死图形（大类）", "Infarction (group)", 0.9, 0.5, True)
    infarct = Finding("sub_IMI", "下壁心肌梗死图形", "Inferior infarction", 0.7, 0.5, True)
    keep(store, ready(study="1.2.1", modality="ECG"), findings=(normal,))
    keep(store, ready(study="1.2.2", modality="ECG"), findings=(normal, group, infarct))
    page = li.see("/worklist")
    assert 'badge-ai-negative" title="AI 正常心电图 0.93"' in page
    assert 'badge-ai-positive" title="AI 下壁心肌梗死图形 0.70"' in page


def test_looking_at_the_list_is_audited_with_its_filters(li, audited, store):
    li.see("/worklist?q=张三")
    assert audited("li")[-1] == ("search", "worklist", "ok")


def test_a_township_has_no_worklist(browser, audited):
    clinic = browser("eastclinic")
    assert clinic.get("/worklist").status_code == 403
    assert ("view", "/worklist", "forbidden") in audited("eastclinic")
