"""The build hook builds the pages once, again when a source changed, and says when it cannot."""

import os
from pathlib import Path

import pytest

from hatch_build import FACES, build_bundle, compile_translations, front_end_sources, is_fresh, npm_command

LONG_AGO, BEFORE, NOW = 1_000_000, 2_000_000, 3_000_000


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project whose bundle and fonts are newer than its sources."""
    _write(tmp_path / "web" / "frontend" / "package.json", "{}", LONG_AGO)
    _write(tmp_path / "web" / "frontend" / "src" / "main.ts", "", LONG_AGO)
    _write(tmp_path / "web" / "frontend" / "node_modules" / "vite" / "index.js", "", NOW)
    _write(tmp_path / "web" / "static" / "dist" / "manifest.json", "{}", BEFORE)
    for face in FACES:
        _write(tmp_path / "hub" / "report" / "fonts" / face, "", BEFORE)
    return tmp_path


def _write(path: Path, text: str, at: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))


def test_a_bundle_that_is_newer_than_its_sources_is_not_built_again(tree: Path) -> None:
    said: list[str] = []
    build_bundle(tree, said.append)
    assert said == ["web/static/dist is newer than web/frontend: not built again"]


def test_a_changed_source_makes_the_bundle_stale(tree: Path) -> None:
    assert is_fresh(tree)
    _write(tree / "web" / "frontend" / "src" / "main.ts", "changed", NOW)
    assert not is_fresh(tree)


def test_a_missing_font_makes_the_bundle_stale(tree: Path) -> None:
    (tree / "hub" / "report" / "fonts" / FACES[0]).unlink()
    assert not is_fresh(tree)


def test_what_npm_installed_is_no_source(tree: Path) -> None:
    names = {path.name for path in front_end_sources(tree / "web" / "frontend")}
    assert names == {"package.json", "main.ts"}


def test_a_tree_without_front_end_and_bundle_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no front end: neither web/frontend/package.json nor a bundle"):
        build_bundle(tmp_path)


def test_a_node_of_the_system_can_be_named_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READHUB_NODE", str(tmp_path / "bin" / "node"))
    assert npm_command(tmp_path) == ([str(tmp_path / "bin" / "npm")], str(tmp_path / "bin"))


def test_a_catalogue_is_compiled_where_it_changed(tmp_path: Path) -> None:
    source = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    _write(source, 'msgid ""\nmsgstr ""\n\nmsgid "登录"\nmsgstr "Log in"\n', BEFORE)
    compile_translations(tmp_path)
    compiled = source.with_suffix(".mo")
    assert b"Log in" in compiled.read_bytes()
    os.utime(compiled, (LONG_AGO, LONG_AGO))
    _write(source, 'msgid ""\nmsgstr ""\n\nmsgid "登录"\nmsgstr "Sign in"\n', BEFORE)
    compile_translations(tmp_path)
    assert b"Sign in" in compiled.read_bytes()
