"""What the hub does with instances that arrive, again, changed, or from elsewhere (promises 1-4)."""

import pytest
from sqlalchemy import func, select

from hub.store.moves import move_study
from hub.store.tables import AuditRow, Errand, Instance, KeptAside, Patient, PreRead, Study
from hub.store.untaken import Untaken, note_untaken


def rows(store, table, **where):
    with store.reading() as session:
        return list(session.scalars(select(table).filter_by(**where).order_by(*table.__table__.primary_key)))


def count(store, table):
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_the_first_instance_makes_a_study_that_is_arriving(store, arrive):
    assert arrive() == "kept"
    (study,) = rows(store, Study)
    assert (study.state, study.instances, study.patient.name) == ("arriving", 1, "张三")


def test_its_bytes_are_found_under_the_key_of_its_row(store, arrive):
    arrive(body=b"exactly these")
    (instance,) = rows(store, Instance)
    assert store.vault.read(instance.file_key) == b"exactly these"


def test_a_film_is_put_before_the_models_in_the_same_commit(store, arrive):
    arrive()
    assert sorted(errand.kind for errand in rows(store, Errand)) == ["pre-read", "settle"]


def test_a_ct_slice_waits_for_its_study(store, arrive):
    arrive(modality="CT")
    assert [errand.kind for errand in rows(store, Errand)] == ["settle"]


def test_sending_it_again_succeeds_and_adds_nothing(store, arrive):
    arrive()
    assert arrive() == "same-again"
    assert (count(store, Instance), len(list(store.vault.keys()))) == (1, 1)


def test_other_content_under_the_same_uid_is_kept_aside_and_flagged(store, arrive):
    arrive(body=b"first")
    assert arrive(body=b"second") == "kept-aside-content"
    (aside,), (study,) = rows(store, KeptAside), rows(store, Study)
    assert store.vault.read(aside.file_key) == b"second"
    assert (aside.state, study.note, study.instances) == ("open", "kept-aside", 1)


def test_the_kept_aside_one_sent_again_adds_nothing(store, arrive):
    arrive(body=b"first")
    arrive(body=b"second")
    assert arrive(body=b"second") == "aside-again-content", "the answer is a warning again"
    assert count(store, KeptAside) == 1


def test_another_transfer_syntax_is_kept_aside_to_be_compared(store, arrive):
    arrive(body=b"first")
    assert arrive(body=b"compressed", syntax="1.2.840.10008.1.2.4.70") == "kept-aside-syntax"
    assert [errand.kind for errand in rows(store, Errand, kind="compare")] == ["compare"]


def test_another_sites_uid_is_refused_audited_and_kept_nowhere(store, arrive):
    arrive(body=b"first")
    assert arrive(body=b"first", site="west") == "another-site"
    assert (count(store, Instance), len(list(store.vault.keys()))) == (1, 1)
    (row,) = rows(store, AuditRow, act="store")
    assert (row.outcome, row.site) == ("refused", "west")


def test_two_patients_under_one_study_uid_are_set_apart(store, arrive):
    arrive(sop="1.2.3", patient="P1")
    arrive(sop="1.2.4", patient="P2")
    (study,) = rows(store, Study)
    assert (study.state, study.note) == ("quarantined", "two-patients")


def test_a_kept_aside_object_that_names_another_patient_sets_the_study_apart(store, arrive):
    arrive(body=b"first", patient="P1")
    arrive(body=b"second", patient="P2")
    (study,) = rows(store, Study)
    assert (study.state, study.note) == ("quarantined", "kept-aside two-patients")


def test_an_empty_patient_id_equals_no_other_empty_one(store, arrive):
    arrive(sop="1.2.3", study="1.2", patient="")
    arrive(sop="1.3.3", study="1.3", patient="")
    assert count(store, Patient) == 2


def test_a_number_used_for_another_person_is_shown_under_their_own_name_and_said(store, arrive):
    arrive(sop="1.2.3", study="1.2", name="李小雨")
    arrive(sop="1.3.3", study="1.3", name="张伟")
    first, second = rows(store, Study)
    assert (first.patient.name, second.patient.name) == ("李小雨", "张伟")
    assert (first.note, second.note) == ("", "number-of-two")


@pytest.mark.parametrize("first", ["", "张\ufffd"])
def test_a_name_that_is_missing_or_illegible_takes_in_nobody_else(store, arrive, first):
    arrive(sop="1.2.3", study="1.2", name=first)
    arrive(sop="1.3.3", study="1.3", name="李四")
    arrive(sop="1.4.3", study="1.4", name="")
    assert [study.patient.name for study in rows(store, Study)] == [first, "李四", ""]
    assert len({study.patient_row for study in rows(store, Study)}) == 3


def test_a_guessed_name_takes_in_nobody_else(store, arrive):
    arrive(sop="1.2.3", study="1.2", name="张智宏")
    with store.writing() as session:
        session.scalars(select(Patient)).one().name_guessed = True
    arrive(sop="1.3.3", study="1.3", name="李四")
    first, second = rows(store, Study)
    assert (second.patient.name, second.note) == ("李四", "number-of-two")


def test_a_name_in_another_script_takes_in_nobody_whose_birth_date_is_not_known(store, arrive):
    arrive(sop="1.2.3", study="1.2", name="王芳")
    arrive(sop="1.3.3", study="1.3", name="LI WEI")
    assert [study.patient.name for study in rows(store, Study)] == ["王芳", "LI WEI"]


def test_one_name_and_one_birth_date_are_one_patient(store, arrive):
    arrive(sop="1.2.3", study="1.2", name="", born="19500101")
    arrive(sop="1.3.3", study="1.3", name="李四", born="19500101")
    arrive(sop="1.4.3", study="1.4", name="李四", sex="F")
    (patient,) = rows(store, Patient)
    assert (patient.name, patient.birth_date, patient.sex) == ("李四", "19500101", "F")


def test_what_the_first_header_left_empty_is_completed_and_compared(store, arrive):
    arrive(sop="1.2.3", name="", sex="")
    arrive(sop="1.2.4", name="李四", sex="F")
    (study,) = rows(store, Study)
    assert (study.patient.name, study.patient.sex, study.state) == ("李四", "F", "arriving")
    arrive(sop="1.2.5", name="王二", sex="")
    assert rows(store, Study)[0].note == "two-patients"


def test_two_people_under_one_number_in_one_study_are_set_apart(store, arrive):
    arrive(sop="1.2.3", name="李小雨")
    arrive(sop="1.2.4", name="王二")
    (study,) = rows(store, Study)
    assert (study.state, study.note) == ("quarantined", "two-patients")


def test_two_names_without_a_number_in_one_study_are_set_apart(store, arrive):
    arrive(sop="1.2.3", patient="", name="李小雨")
    arrive(sop="1.2.4", patient="", name="王二")
    assert rows(store, Study)[0].state == "quarantined"


def test_the_same_patient_id_at_two_sites_is_two_patients(store, arrive):
    arrive(sop="1.2.3", study="1.2", patient="P1", site="east")
    arrive(sop="1.3.3", study="1.3", patient="P1", site="west")
    assert count(store, Patient) == 2


def test_one_study_uid_from_two_sites_for_two_people_is_quarantined_at_both(store, arrive):
    arrive(sop="1.2.3", patient="P1", site="east")
    arrive(sop="1.2.4", patient="Q9", site="west")
    assert [study.state for study in rows(store, Study)] == ["quarantined", "quarantined"]


def test_a_late_instance_brings_a_ready_study_back_to_arriving_and_says_so(store, arrive):
    from hub.store.moves import move_study

    arrive(sop="1.2.3")
    with store.writing() as session:
        move_study(session, session.scalars(select(Study)).one(), "arrival-settled")
    arrive(sop="1.2.4")
    (study,) = rows(store, Study)
    assert (study.state, study.note, study.late_instances) == ("arriving", "late-instances", 1)


def test_no_word_of_a_studys_note_takes_the_place_of_another(store, arrive):
    from hub.store.moves import move_study

    arrive(sop="1.1.1", study="1.1", name="李小雨")
    arrive(sop="1.2.3")
    arrive(sop="1.2.3", body=b"second")
    with store.writing() as session:
        move_study(session, session.query(Study).filter_by(study_instance_uid="1.2").one(), "arrival-settled")
    arrive(sop="1.2.4")
    study = rows(store, Study, study_instance_uid="1.2")[0]
    assert study.note == "number-of-two kept-aside late-instances"


def test_a_full_disk_keeps_no_row(store, arrive, monkeypatch):
    import os

    import pytest

    from hub.errors import NotKept

    def full(_descriptor: int, _data: object, _at: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(NotKept):
        arrive()
    monkeypatch.undo()
    assert (count(store, Instance), count(store, PreRead)) == (0, 0)
    assert list(store.vault.keys()) == []


def test_what_another_site_holds_is_no_less_missed_where_it_was_unreadable(store, arrive):
    arrive(sop="1.2.3", study="1.2")
    arrive(sop="1.9.7", study="1.9", site="west")
    with store.writing() as session:
        study = session.scalars(select(Study).where(Study.study_instance_uid == "1.2")).one()
        move_study(session, study, "arrival-settled")
        note_untaken(session, Untaken("east", "1.2", "1.9.7", unreadable=True))
        assert study.note == "unreadable:1"
