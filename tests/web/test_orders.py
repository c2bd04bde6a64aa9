"""Orders: written by townships and administrators, on a page or by a program, each for its own sites."""

import pytest
from sqlalchemy import select

from hub.store.orders import move_order
from hub.store.tables import AuditRow, ExamOrder

FORM = {
    "name": "张^三", "patient_id": "P1", "sex": "M", "birth_date": "1960-01-02", "modality": "DX",
    "scheduled_date": "2026-11-27", "scheduled_time": "08:30", "description": "胸部正位", "reason": "咳嗽",
}  # fmt: skip
FACTS = {"patient_id": "P9", "name": "李^四", "modality": "CT", "scheduled_date": "20261127"}


def orders(store):
    with store.reading() as session:
        return list(session.scalars(select(ExamOrder).order_by(ExamOrder.id)))


def test_a_township_writes_an_order_for_its_own_site(browser, store, audited):
    clinic = browser("eastclinic")
    assert clinic.post("/orders/new", **FORM).status_code == 303
    (one,) = orders(store)
    assert (one.site.name, one.name, one.patient_id, one.modality) == ("east", "张^三", "P1", "DX")
    assert (one.birth_date, one.scheduled_date, one.scheduled_time) == ("19600102", "20261127", "0830")
    assert (one.accession, one.created_by, one.source) == ("RH00000001", "eastclinic", "page")
    assert "RH00000001" in clinic.see("/orders") and "胸部正位" in clinic.see("/orders/1")
    assert ("order", "order:1", "placed") in audited("eastclinic")


def test_an_order_is_changed_cancelled_and_renewed_until_a_device_begins(browser, store):
    clinic = browser("eastclinic")
    clinic.post("/orders/new", **FORM)
    assert clinic.post("/orders/1", **FORM | {"modality": "CT"}).status_code == 303
    assert (orders(store)[0].modality, orders(store)[0].accession) == ("CT", "RH00000001")
    assert clinic.post("/orders/1/cancel").status_code == 303
    assert orders(store)[0].state == "cancelled"
    assert clinic.post("/orders/1/renew").status_code == 303
    with store.writing() as session:
        move_order(session, session.get_one(ExamOrder, 1), "step-started")
    assert clinic.post("/orders/1", **FORM).status_code == 422
    assert clinic.post("/orders/1/cancel").status_code == 422
    assert clinic.post("/orders/1/nonsense").status_code == 404


@pytest.mark.parametrize(
    "fault",
    [
        {"name": " "}, {"modality": "XX"}, {"birth_date": "never"}, {"scheduled_date": ""},
        {"station_ae": "DR室"}, {"body_part": "胸部"}, {"birth_date": "20991231"},
    ],
)  # fmt: skip
def test_a_faulty_form_is_shown_again_with_what_was_written(browser, store, fault):
    answer = browser("eastclinic").post("/orders/new", **FORM | fault)
    assert answer.status_code == 422 and "胸部正位" in answer.text and orders(store) == []


def test_an_administrator_names_the_site(boss, store):
    assert boss.post("/orders/new", **FORM).status_code == 422
    assert boss.post("/orders/new", **FORM | {"site": "west"}).status_code == 303
    assert orders(store)[0].site.name == "west"


def test_a_township_orders_nothing_for_another_and_sees_none_of_its_orders(browser, store):
    assert browser("westclinic").post("/orders/new", **FORM).status_code == 303
    clinic = browser("eastclinic")
    assert clinic.post("/orders/new", **FORM | {"site": "west"}).status_code == 422
    assert "RH00000001" not in clinic.see("/orders") and clinic.get("/orders/1").status_code == 404
    assert clinic.send("POST", "/api/orders", FACTS | {"site": "west"}).status_code == 422
    assert clinic.send("GET", "/api/orders").json == {"orders": []}
    assert len(orders(store)) == 1


def test_a_reader_has_no_orders(li):
    assert li.get("/orders").status_code == 403 and li.send("POST", "/api/orders", FACTS).status_code == 403


def test_a_site_that_is_none_of_ones_own_is_named_to_a_program(browser, store):
    said = browser("eastclinic").send("POST", "/api/orders", FACTS | {"site": "west"})
    assert said.status_code == 422 and "您没有名为“west”的机构" in said.json["message"]
    assert orders(store) == []


def test_what_a_program_narrows_by_is_in_the_audit(browser, store):
    browser("eastclinic").send("GET", "/api/orders?q=A-1&state=scheduled")
    with store.reading() as session:
        (row,) = session.query(AuditRow).filter_by(act="search", thing="orders")
    assert row.detail == "api text=A-1 state=scheduled"


def test_a_program_writes_and_reads_orders_as_json(browser, store):
    clinic = browser("eastclinic")
    made = clinic.send("POST", "/api/orders", FACTS | {"accession": "A-1", "study_instance_uid": "1.2.3"})
    assert made.status_code == 201 and made.json["site"] == "east" and made.json["state"] == "scheduled"
    assert clinic.send("GET", "/api/orders?q=A-1").json["orders"] == [made.json]
    again = clinic.send("POST", "/api/orders", FACTS | {"accession": "A-1"})
    assert again.status_code == 422 and "A-1" in again.json["message"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ([], 400), ("x", 400), ({"name": 1}, 400), ({}, 422), (FACTS | {"state": "completed"}, 422),
        (FACTS | {"id": "7"}, 422), (FACTS | {"name": "x" * 65}, 422), (FACTS | {"name": "a\\b"}, 422),
        (FACTS | {"study_instance_uid": "../x"}, 422), (FACTS | {"scheduled_time": "25h"}, 422),
    ],
)  # fmt: skip
def test_what_is_no_order_is_refused(browser, store, sent, status):
    assert browser("eastclinic").send("POST", "/api/orders", sent).status_code == status
    assert orders(store) == []
