"""Orthanc as a DICOMweb client: it stores at the hub, and finds and fetches what the hub holds."""

import re
from urllib.error import HTTPError

import pytest
from sqlalchemy import select

from hub.store.tables import Instance, Study
from tests.plugins.peers import ROOT_UID, slice_of, wait_for, written
from tests.web.test_server import server

__all__ = ["server"]

STUDY = f"{ROOT_UID}.1"


@pytest.fixture
def knows(server, orthanc):
    """Tell Orthanc of the hub as a DICOMweb server, in the log-in of a person."""

    def tell(username):
        cookie = server.login(username)
        first = server.ask("GET", "/", Cookie=cookie).headers["Location"]
        page = server.ask("GET", first, Cookie=cookie).read().decode()
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
        head = {"Cookie": cookie, "X-CSRFToken": token}
        url = f"http://127.0.0.1:{server.port}/dicom-web/"
        orthanc.ask("PUT", "/dicom-web/servers/hub", {"Url": url, "HttpHeaders": head})

    return tell


@pytest.fixture
def at_orthanc(orthanc, dcmtk, slices):
    """A study of three slices that Orthanc holds; Orthanc's own name of it."""
    assert dcmtk("storescu", orthanc.node, *slices(3)).returncode == 0
    (study,) = orthanc.ask("GET", "/studies")
    return study


def test_what_orthanc_stores_is_kept_whole_for_the_persons_site(store, orthanc, knows, at_orthanc, audited):
    knows("eastclinic")
    asked = {"Resources": [at_orthanc], "Synchronous": True}
    for _ in range(2):  # again succeeds and adds nothing
        orthanc.ask("POST", "/dicom-web/servers/hub/stow", asked)
        with store.reading() as session:
            (kept,) = session.scalars(select(Study)).all()
            assert (kept.site.name, kept.instances, kept.study_instance_uid) == ("east", 3, STUDY)
            assert kept.state != "arriving" and len(session.scalars(select(Instance)).all()) == 3
    assert audited().count(("store", "stow", "ok")) == 2


def test_what_the_hub_refuses_is_a_failure_at_orthanc(orthanc, knows, at_orthanc, keep, tmp_path):
    keep(written(slice_of(1), tmp_path / "1.dcm"), site="west")
    knows("eastclinic")
    with pytest.raises(HTTPError):
        orthanc.ask("POST", "/dicom-web/servers/hub/stow", {"Resources": [at_orthanc], "Synchronous": True})


@pytest.fixture
def here(keep, tmp_path):
    """A study of three slices of a Chinese patient at the site east, and another's at west."""
    for number in (1, 2, 3):
        one = slice_of(number, SpecificCharacterSet="ISO_IR 192", PatientName="Zhang^San=张^三")
        keep(written(one, tmp_path / f"{number}.dcm"))
    other = slice_of(9, StudyInstanceUID=f"{STUDY}.9", SeriesInstanceUID=f"{STUDY}.9.1")
    other.PatientID, other.PatientName = "W1", "Zhang^Er"
    keep(written(other, tmp_path / "9.dcm"), site="west")


def test_orthanc_finds_and_fetches_what_its_person_may_see(orthanc, knows, here):
    knows("eastdoc")
    asked = {"Uri": "/studies", "Arguments": {"PatientName": "zhang*"}}
    (study,) = orthanc.ask("POST", "/dicom-web/servers/hub/qido", asked)
    assert study["0020000D"]["Value"] == STUDY and study["00100010"]["Value"] == "张三"
    asked = {"Uri": "/series", "Arguments": {"PatientID": "INVENTED-1", "Modality": "CT"}}
    (series,) = orthanc.ask("POST", "/dicom-web/servers/hub/qido", asked)
    assert (series["0020000D"]["Value"], series["00100020"]["Value"]) == (STUDY, "INVENTED-1")
    asked = {"Resources": [{"Study": STUDY}], "Synchronous": True}
    assert orthanc.ask("POST", "/dicom-web/servers/hub/retrieve", asked)["ReceivedInstancesCount"] == "3"
    wait_for(lambda: orthanc.instances() == 3, "the study at Orthanc")
    with pytest.raises(HTTPError):
        orthanc.ask(
            "POST", "/dicom-web/servers/hub/retrieve",
            {"Resources": [{"Study": f"{STUDY}.9"}], "Synchronous": True},
        )  # fmt: skip
    assert orthanc.instances() == 3
