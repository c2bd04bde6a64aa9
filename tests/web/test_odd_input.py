"""Whatever is sent, the answer is a refusal in words: no page breaks, and nothing of the inside is told."""

import json
from urllib.parse import quote

import pytest
from pydicom import dcmread

from hub.store import users
from tests.plugins.screening import open_campaign
from tests.web.test_dicomweb import sample
from tests.web.test_strangers import path_of, routes

#: Each is odd in a way of its own, to a query, a database, a number or a page.
ODD = ["x\0y", "\"; DROP TABLE study; --'", "%\\", "\ud800", "9" * 400, "-1", "NaN", "<b>𬭊𫠊", "a" * 5000]
NAMES = {
    "study_id": 1, "report_id": 1, "delivery_id": 1, "user_id": 1, "site_id": 1, "patient_id": 1,
    "notice_id": 1, "row_id": 1, "slug": "ecg.af", "digits": "0" * 64,
    "aside_id": 1, "version": 1, "decision": "release", "number": 1, "numbers": "1", "tag": "00091001",
    "filename": "x", "campaign_id": 1, "sheet_id": 1, "order_id": 1, "act": "cancel",
    "finding": "pneumonia", "rejection_id": 1,
}  # fmt: skip
FIELDS = (
    "findings", "impression", "base", "shown", "password", "takeOver", "lang", "name", "username",
    "ae_title", "return_node", "quiet_factor", "role", "sites", "login", "next", "words", "patient_id", "sex",
    "birth_date", "what", "studies", "seen", "study", "out", "verdict", "statement", "begins", "ends",
    "percent", "site",
)  # fmt: skip
QUERIES = (
    "q", "state", "site", "modality", "priority", "ids", "act", "thing", "actor", "before", "instance",
    "layout", "speed", "gain", "viewport", "window", "limit", "offset", "StudyDate", "PatientID",
    "PatientName", "SeriesNumber", "next", "campaign", "seconds",
)  # fmt: skip


@pytest.fixture
def names(keep, store):
    """What the routes' arguments are to be: a real picture in a real study."""
    path = sample("CT_small.dcm")
    keep(path)
    said = dcmread(path, stop_before_pixels=True)
    uids = {"study": said.StudyInstanceUID, "series": said.SeriesInstanceUID, "instance": said.SOPInstanceUID}
    with store.reading() as session:
        open_campaign(store, users.user_named(session, "boss").id)
    return NAMES | uids


def quoted(text):
    return quote(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("who", ["boss", "wang", "eastclinic"])
def test_odd_queries_break_no_page(app, browser, names, who):
    person = browser(who)
    pages = [path_of(rule, names) for _e, method, rule in routes(app) if method == "GET"]
    pages += ["/worklist", "/worklist/rows", "/inbox", "/ledger", "/audit", "/quarantine", "/users", "/sites"]
    pages += ["/screening", "/screening/new"]
    pages += ["/dicom-web/studies", "/dicom-web/series", "/dicom-web/instances", "/login"]
    for page in pages:
        for odd in ["", *ODD]:
            query = "&".join(f"{name}={quoted(odd)}" for name in QUERIES)
            answer = person.get(f"{page}?{query}")
            assert answer.status_code < 500 and b"Traceback" not in answer.data, (page, odd[:20])


def test_odd_ids_name_nothing(li, ready):
    ready()
    for odd in ("0", "99999999999999999999", "1e3", "-1", "%00", "1%00", "..%2f..", "𝟏"):
        for path in (f"/studies/{odd}", f"/studies/{odd}/case.json", f"/dicom-web/studies/{odd}/metadata"):
            assert li.get(path).status_code in (400, 404), path


@pytest.mark.parametrize("who", ["boss", "wang"])
def test_odd_bodies_break_no_page(app, browser, names, who):
    person = browser(who)
    asked = [(method, path_of(rule, names)) for _e, method, rule in routes(app) if method != "GET"]
    asked += [
        ("POST", path)
        for path in ("/login", "/language", "/lock", "/users/new", "/sites/new", "/screening/new")
    ]
    for method, path in asked:
        for odd in ODD:
            body = {name: odd for name in FIELDS}
            form = {name: value.encode("utf-8", "replace") for name, value in body.items()}
            as_json = {"data": json.dumps(body), "content_type": "application/json"}
            answers = [
                person.client.open(path, method=method, headers={"X-CSRFToken": person.token}, **sent)
                for sent in (as_json, {"data": form})
            ]
            assert all(answer.status_code < 500 for answer in answers), (method, path, odd[:20])


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{", b"\xff\xfe", b"[1]", b"7", b"null"])
def test_a_body_that_is_no_object_is_refused(li, ready, body):
    study = ready()
    headers = {"X-CSRFToken": li.token, "Content-Type": "application/json"}
    for method, path in (("PUT", "draft"), ("POST", "claim"), ("POST", "sign")):
        answer = li.client.open(f"/studies/{study}/{path}", method=method, data=body, headers=headers)
        assert answer.status_code in (400, 401), (path, body[:20])


def test_a_list_where_a_language_belongs_is_refused(boss):
    assert boss.client.post("/language", json=["zh"], headers={"X-CSRFToken": boss.token}).status_code == 400


def test_a_number_that_is_no_digit_of_ours_names_no_event(boss):
    answer = boss.client.get("/events", headers={"Last-Event-ID": "\u00b2"}, buffered=False)
    assert answer.status_code == 200
    answer.close()
