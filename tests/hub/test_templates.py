"""Templates: a whole set is shipped, what is changed is kept version by version."""

from dataclasses import replace

import pytest

from hub.domain.report import ReportText
from hub.domain.templates import Template, fitting, normal_text
from hub.errors import Changed, Refused
from hub.store import users
from hub.store.shipped_templates import shipped_templates
from hub.store.tables import User
from hub.store.templates import newest_templates, save_template, templates_in_use, versions_of

EXAMS = (
    ("DX", "CHEST"), ("DX", "右手正位"), ("DX", "HIP"), ("DX", "LSPINE"), ("CT", "HEAD"), ("CT", "CHEST"),
    ("CT", "ABDOMEN"), ("US", "肝胆胰脾"), ("ECG", ""),
)  # fmt: skip


@pytest.mark.parametrize(("modality", "said"), EXAMS)
def test_each_exam_has_a_normal_text_and_several_findings(modality, said):
    found = fitting(shipped_templates(), modality, said)
    assert sum(one.kind == "finding" for one in found) >= 4
    normal = normal_text(found)
    assert normal.findings and normal.impression and "【" not in normal.findings + normal.impression


def test_no_two_templates_share_a_name_and_every_finding_has_letters():
    slugs = [one.slug for one in shipped_templates()]
    assert len(set(slugs)) == len(slugs)
    assert [one.slug for one in shipped_templates() if one.kind != "normal" and not one.shortcut] == []


def test_an_exam_of_two_parts_starts_with_the_one_that_is_named_first():
    chest, abdomen = (normal_text(fitting(shipped_templates(), "CT", s)) for s in ("胸腹", "腹胸"))
    assert "胸部" in chest.impression and "腹部" in abdomen.impression


def test_a_phrase_fits_every_exam_and_comes_last():
    found = fitting(shipped_templates(), "MR", "KNEE")
    assert {one.kind for one in found} == {"phrase"}
    assert fitting(shipped_templates(), "DX", "CHEST")[0].kind == "normal"


@pytest.fixture
def boss(store):
    with store.writing() as session:
        return users.add_user(session, "boss", "admin", "a long enough password", display_name="Boss").id


def save(store, boss, template, **more):
    with store.writing() as session:
        return save_template(session, session.get_one(User, boss), template, **more)


def named(store, slug):
    with store.reading() as session:
        return next(one for one in templates_in_use(session) if one.slug == slug)


def test_a_change_is_a_new_version_and_the_shipped_one_stays_to_be_seen(store, boss):
    before = named(store, "chest-dr.normal")
    made = save(store, boss, replace(before, text=ReportText("心肺正常。", "心肺正常。")))
    assert (made.version, named(store, "chest-dr.normal").text.impression) == (1, "心肺正常。")
    with store.reading() as session:
        versions = versions_of(session, "chest-dr.normal")
    assert [(v.template.version, v.by) for v in versions] == [(1, "Boss"), (0, "")]


def test_a_change_of_what_somebody_else_changed_is_refused(store, boss):
    before = named(store, "ecg.af")
    save(store, boss, before)
    with pytest.raises(Changed):
        save(store, boss, before)


def test_a_retired_template_is_offered_no_more_but_listed(store, boss):
    save(store, boss, named(store, "ecg.af"), retired=True)
    with store.reading() as session:
        assert "ecg.af" not in {one.slug for one in templates_in_use(session)}
        assert ("ecg.af", True) in {(v.template.slug, v.retired) for v in newest_templates(session)}


def test_a_template_of_ones_own_stands_beside_those_shipped(store, boss):
    save(store, boss, Template("own", "phrase", "本院", ReportText("本院随诊。", ""), shortcut="by"))
    assert named(store, "own").version == 1


@pytest.mark.parametrize("text", [ReportText("", ""), ReportText("x" * 4001, "y")])
def test_a_template_without_words_or_with_too_many_is_refused(store, boss, text):
    with pytest.raises(Refused):
        save(store, boss, Template("own", "finding", "t", text))
