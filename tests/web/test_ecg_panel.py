"""In a real browser: what is not assessed of an ECG stands whole in the panel, in both languages."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from ai_models.ecg_measure.measure import measure
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.domain.finding import Finding, Reading
from hub.store.pre_reads import keep_reading
from hub.store.tables import Instance
from tests.plugins.reading_page import picture, reading_room

CALLED = Finding("rhythm_AFLT", "心房扑动", "Atrial flutter", 0.98, 0.298, True)


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    for made in reading_room(tmp_path_factory.mktemp("panel"), program, ("ecg",)):
        with made.store.writing() as session:
            one = session.scalars(select(Instance).where(Instance.study_id == made.studies["ecg"])).one()
            values = measure(ecg_record(load_dataset(made.store.vault.path(one.file_key))))
            values = tuple(
                replace(value, value=None, reason="implausible") if value.name.startswith("qt") else value
                for value in values
            )
            reading = Reading("ecg", "1.0", "0" * 64, True, findings=(CALLED,), measurements=values)
            keep_reading(session, one, reading, "2.25.77")
        yield made


@pytest.mark.parametrize(("lang", "said"), [("zh", "不评估"), ("en", "Not assessed")])
def test_values_that_are_not_assessed_stand_whole_beside_the_others(room, lang, said):
    page = room.page()
    page.goto(f"{room.url}/studies/{room.studies['ecg']}/rejection")
    token = page.locator("[name=csrf_token]").first.get_attribute("value")
    page.request.post(f"{room.url}/language", form={"lang": lang, "csrf_token": token})
    page.goto(f"{room.url}/studies/{room.studies['ecg']}")
    expect(page.locator(".measures").get_by_text(said)).to_have_count(3)
    picture(page, f"ecg-panel-{lang}")
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".measures tr, .measures td")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth - 8
                             || one.scrollWidth > one.clientWidth + 1)
            .map((one) => one.textContent)"""
    )
    assert cut == []
    page.context.close()
