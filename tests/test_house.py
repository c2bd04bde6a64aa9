"""The house rules, read from the tree: sizes, rooms, names, what may be imported and what may be said."""

import ast
import re
import statistics
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("hub", "dicom", "ai_models", "workers", "web")
#: Where the tree is not ours, or is made. A migration is written once and never edited or called.
NOT_READ = {"node_modules", "dist", "fonts", "__pycache__", "versions"}

LONGEST_FILE, MEDIAN_FILE = 300, 120
LONGEST_FUNCTION, P95_FUNCTION, MEDIAN_FUNCTION = 60, 30, 8
MOST_ARGUMENTS = 5

#: Environment variables are read here, and written for child processes there.
READS_ENVIRONMENT = "hub/settings.py"
WRITES_ENVIRONMENT = "hub/options.py"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _files(*suffixes: str, under: tuple[str, ...] = ROOMS) -> Iterator[Path]:
    for room in under:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in suffixes and not NOT_READ & set(path.relative_to(ROOT).parts):
                yield path


def _modules() -> list[Path]:
    return [*_files(".py"), ROOT / "readhub.py"]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, Function))


def _public(path: Path) -> Iterator[tuple[str, Function]]:
    """Yield the functions that others may call: of the module, and of its public classes."""
    for node in _tree(path).body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for inner in node.body:
                if isinstance(inner, Function) and not inner.name.startswith("_"):
                    yield f"{node.name}.{inner.name}", inner


def _length(function: Function) -> int:
    """Lines of a function without its docstring and decorators."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_files_are_short() -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in _modules()}
    full = [length for length in lengths.values() if length > 1]
    print(f"files: {len(full)}, median {statistics.median(full)}, longest {max(full)}")
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}
    assert statistics.median(full) <= MEDIAN_FILE


def test_functions_are_short() -> None:
    lengths = {
        f"{_name(path)}:{function.lineno} {function.name}": _length(function)
        for path in _modules()
        for function in _functions(path)
    }
    ranked = sorted(lengths.values())
    p95 = ranked[int(len(ranked) * 0.95)]
    print(f"functions: {len(ranked)}, median {statistics.median(ranked)}, p95 {p95}, longest {ranked[-1]}")
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert p95 <= P95_FUNCTION
    assert statistics.median(ranked) <= MEDIAN_FUNCTION


def test_functions_take_few_arguments() -> None:
    assert [
        f"{_name(path)}:{function.lineno} {function.name}"
        for path in _modules()
        for function in _functions(path)
        if _count_arguments(function) > MOST_ARGUMENTS
    ] == []


def _count_arguments(function: Function) -> int:
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def test_every_module_and_public_function_says_what_it_is_for() -> None:
    silent = [_name(path) for path in _modules() if _tree(path).body and not ast.get_docstring(_tree(path))]
    silent += [
        f"{_name(path)}: {name}"
        for path in _modules()
        for name, function in _public(path)
        if not ast.get_docstring(function) and not _is_overload(function)
    ]
    assert silent == []


def _is_overload(function: Function) -> bool:
    return any("overload" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_every_public_function_is_typed() -> None:
    assert [
        f"{_name(path)}: {name}"
        for path in _modules()
        for name, function in _public(path)
        if function.returns is None or any(argument.annotation is None for argument in _named(function))
    ] == []


def _named(function: Function) -> list[ast.arg]:
    given = function.args
    return [a for a in (*given.posonlyargs, *given.args, *given.kwonlyargs) if a.arg not in ("self", "cls")]


def test_modules_are_named_for_what_they_do() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    # Old pydicom had these at its top level, and programs still import them from there.
    reserved = {"dataset", "uid", "tag", "filereader"}
    assert [
        _name(path)
        for path in _files(".py")
        if path.stem in vague | sys.stdlib_module_names
        or (_name(path).startswith("dicom/") and path.stem in reserved)
    ] == []


def test_the_tests_are_no_package_that_would_shadow_a_room() -> None:
    assert [_name(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


def test_only_the_settings_read_the_environment() -> None:
    names = ("environ", "environb", "getenv")
    reading = set()
    for path in _modules():
        for node in ast.walk(_tree(path)):
            of_os = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr in names
            from_os = isinstance(node, ast.ImportFrom) and node.module == "os"
            if of_os or (from_os and any(alias.name in names for alias in node.names)):
                reading.add(_name(path))
    assert reading <= {READS_ENVIRONMENT, WRITES_ENVIRONMENT}


def test_nothing_imports_the_command_line() -> None:
    assert [_name(path) for path in _modules() if "readhub" in set(_imports(path))] == []


def test_torch_is_imported_in_training_only() -> None:
    assert [
        _name(path)
        for path in _modules()
        if "torch" in {name.partition(".")[0] for name in _imports(path)}
        and not _name(path).startswith("ai_models/train/")
    ] == []


def test_work_for_later_is_an_errand_and_never_a_task_from_a_page_or_a_peer() -> None:
    assert [
        _name(path)
        for path in _files(".py", under=("web", "dicom"))
        if re.search(r"\.(delay|apply_async|send_task)\(", path.read_text("utf-8"))
    ] == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(
        r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented" + "Error")) + r")\b"
    )
    assert [
        _name(path)
        for path in _files(".py", ".ts", ".html", ".mjs", under=(*ROOMS, "tests"))
        if marks.search(path.read_text("utf-8"))
    ] == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    # Put together here, so that this file does not name them either.
    machines = re.compile("|".join(f"/{name}/" for name in ("work", "root", "opt/pypi", "tmp/brief")))
    ours = [
        *ROOT.glob("*.md"),
        *ROOT.glob("*.txt"),
        *ROOT.glob("*.toml"),
        ROOT / "Makefile",
        ROOT / ".ci" / "run",
    ]
    listed = [
        *_files(".py", ".ts", ".html", ".md", ".json", ".mjs", under=(*ROOMS, "tests", "docs")),
        *_modules(),
        *ours,
    ]
    assert (
        sorted({_name(path) for path in listed if machines.search(path.read_text("utf-8", "replace"))}) == []
    )


def _project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]).lower()


def test_every_library_that_is_imported_is_declared() -> None:
    project = _project()
    declared = {_normal(line) for line in project["dependencies"]}  # type: ignore[attr-defined]
    extras = {_normal(line) for lines in project["optional-dependencies"].values() for line in lines}  # type: ignore[attr-defined]
    owners = metadata.packages_distributions()
    undeclared = {}
    for path in _modules():
        allowed = declared | (extras if _name(path).startswith("ai_models/train/") else set())
        for name in {full.partition(".")[0] for full in _imports(path)} - sys.stdlib_module_names - {*ROOMS}:
            found = {_normal(owner) for owner in owners.get(name, ())}
            if found and not found & allowed:
                undeclared[f"{_name(path)}: {name}"] = sorted(found)
    assert undeclared == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_its_job_in_one_sentence(room: str) -> None:
    said = ast.get_docstring(_tree(ROOT / room / "__init__.py")) or ""
    assert said.endswith(".")
    assert "\n" not in said
