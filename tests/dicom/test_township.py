"""The demo's township: keeps what is sent to it as files, and answers echo and query."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dicom.township import serving
from hub.store.sites import ReturnNode
from tests.plugins.peers import ROOT_UID, Run, content_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "township"


@pytest.fixture
def node(folder: Path, free_port: Callable[[], int]) -> Iterator[ReturnNode]:
    node = ReturnNode("TOWN1", "127.0.0.1", free_port())
    with serving(folder, node.ae_title, node.host, node.port):
        yield node


def held(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def test_it_answers_echo_under_its_own_title_only(node: ReturnNode, dcmtk: Run) -> None:
    assert dcmtk("echoscu", node).returncode == 0
    assert "Called AE Title Not Recognized" in dcmtk("echoscu", node, called="OTHER").stdout


def test_what_is_sent_lies_in_its_folder_as_readable_files(
    node: ReturnNode, folder: Path, dcmtk: Run, slices: Callable[..., list[Path]], verdict: Callable[..., str]
) -> None:
    paths = slices(3)
    assert dcmtk("storescu", node, *paths).stdout.count("(Success)") == 3
    assert {content_of(path) for path in held(folder)} == {content_of(path) for path in paths}
    assert "=CTImageStorage" in verdict("dcmdump", held(folder)[0])
    assert all(path.suffix == ".dcm" and ROOT_UID not in path.name for path in held(folder))


def test_sending_it_again_adds_nothing_also_after_a_restart(
    folder: Path, free_port: Callable[[], int], dcmtk: Run, slices: Callable[..., list[Path]]
) -> None:
    paths = slices(2)
    for _ in range(2):
        node = ReturnNode("TOWN1", "127.0.0.1", free_port())
        with serving(folder, node.ae_title, node.host, node.port):
            assert dcmtk("storescu", node, *paths).stdout.count("(Success)") == 2
            assert len(held(folder)) == 2


@pytest.mark.parametrize(("level", "answers"), [("STUDY", 1), ("SERIES", 1), ("IMAGE", 3)])
def test_it_answers_each_level_of_the_study_root(
    node: ReturnNode, dcmtk: Run, slices: Callable[..., list[Path]], level: str, answers: int
) -> None:
    dcmtk("storescu", node, *slices(3))
    keys = [f"-k QueryRetrieveLevel={level}", f"-k StudyInstanceUID={ROOT_UID}.1", "-k SOPInstanceUID"]
    said = dcmtk("findscu", node, "-S", *keys).stdout
    assert said.count("(Pending)") == answers, said
