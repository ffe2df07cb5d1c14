"""The house rules that no linter knows: doors, floors, sizes and words."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("oais", "sip", "aip", "dip", "policies", "search_index")

# One outside library, one door: which modules may import it. To let another module in, write it
# here and in docs/architecture.md, with the reason.
DOORS: dict[str, tuple[str, ...]] = {
    "whoosh": ("search_index.*",),
    "sqlalchemy": (
        "oais.database",
        "oais.database.*",
        "search_index.catalogue*",
        "search_index.schema",
        "search_index.sqlite",
    ),
    "alembic": (
        "oais.database",
        "oais.database.*",
        "search_index.catalogue*",
        "search_index.schema",
        "search_index.sqlite",
    ),
    "lxml": ("aip.*", "oais.information.*"),
    "bagit": ("dip.*",),
    "cryptography": ("oais.information.signature",),
    "blake3": ("oais.information.fixity",),
    "fastapi": ("oais.web", "oais.web.*"),
    "starlette": ("oais.web", "oais.web.*"),
    "uvicorn": ("oais.web", "oais.web.*", "oais.cli.*"),
    "jinja2": ("oais.web", "oais.web.*"),
    "typer": ("oais.cli", "oais.cli.*"),
    "click": ("oais.cli", "oais.cli.*"),
    "rich": ("oais.cli", "oais.cli.*"),
    "astropy": ("sip.*", "oais.functions.*", "oais.information.*"),
    "cdflib": ("sip.*", "oais.functions.*", "oais.information.*"),
    "pygfried": ("sip.*", "oais.information.*"),
    "yaml": ("policies", "policies.*", "oais.information.*", "oais.archive", "sip.*"),
    "matplotlib": ("oais.functions.*", "oais.web.*"),
    "PIL": ("oais.functions.*", "oais.web.*"),
    "watchfiles": ("oais.functions.*", "oais.cli.*"),
    "structlog": ("oais.archive", "oais.logs", "oais.cli", "oais.cli.*", "oais.web.*"),
    "pydantic_settings": ("oais.archive", "oais.settings"),
    "prometheus_client": ("oais.web.*",),
    "requests": (),
    "httpx": (),
    "httpx2": (),
}
LINES_IN_A_MODULE = 400
LINES_IN_A_FUNCTION = 50
USUAL_LINES_IN_A_FUNCTION = 25
EMPTY_WORDS = ("get_", "do_", "process_", "handle_")
EMPTY_MODULES = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"}
# A mission is an agreement file: its name has no place in the code.
MISSIONS = re.compile(
    r"(?i:(?<![a-z])(?:tess|kepler|cheops|corot|h\.?e\.?s\.?s|soho)(?![a-z]))|\bCluster\b(?! Exchange Format)"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    """Every module of the six packages."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def dotted(path: Path) -> str:
    """A module's import name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """Top-level names of all absolute imports of a module, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def functions(path: Path) -> Iterator[Function]:
    """All functions and methods of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines of a function from its ``def`` on, its docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_its_door(library: str) -> None:
    """An outside library is imported only by the modules that the table names."""
    climbers = [
        dotted(path)
        for path in modules()
        if library in imported(ast.parse(path.read_text(encoding="utf-8")))
        and not any(fnmatch(dotted(path), door) for door in DOORS[library])
    ]
    assert climbers == []


def test_every_room_stands_on_a_floor() -> None:
    """Each module directly under ``oais`` is in the layers of pyproject.toml, none is forgotten."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    floors = {
        room.strip(" ()")
        for contract in contracts
        if contract["type"] == "layers"
        for layer in contract["layers"]
        for room in re.split("[|:]", layer)
    }
    rooms = {dotted(path) for path in (ROOT / "oais").glob("*.py")}
    rooms |= {dotted(path) for path in (ROOT / "oais").glob("*/__init__.py")}
    assert rooms - floors - {"oais", "oais.__main__"} == set()
    assert set(PACKAGES) - floors == {"oais"}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_is_short_and_speaks_of_no_mission(path: Path) -> None:
    """A module fits in one sitting, and works for every mission."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_IN_A_MODULE
    assert path.stem not in EMPTY_MODULES
    assert [found.group() for found in MISSIONS.finditer(text)] == []


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_functions_are_short_and_named_for_what_they_do(path: Path) -> None:
    """No function is too long to read at a glance or has a name that says nothing."""
    too_long = [(f.name, length(f)) for f in functions(path) if length(f) > LINES_IN_A_FUNCTION]
    empty = [f.name for f in functions(path) if f.name.lstrip("_").startswith(EMPTY_WORDS)]
    assert too_long == []
    assert empty == []


def test_functions_are_nearly_always_very_short() -> None:
    """Nine functions of ten have at most 25 lines."""
    lengths = [length(function) for path in modules() for function in functions(path)]
    long = sum(lines > USUAL_LINES_IN_A_FUNCTION for lines in lengths)
    assert long <= len(lengths) / 10


def test_every_test_says_what_it_promises() -> None:
    """Each test has a docstring, so that a failure reads as a broken promise."""
    silent = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for function in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_nothing_published_names_a_machine_or_a_registry() -> None:
    """No file of the project holds a path of the machine it was written on."""
    suffixes = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".cff", ".lock", ".in"}
    private = re.compile(r"/work/|/root/\.|/tmp/bash|pypi\.org/simple|files\.pythonhosted")
    skipped = {".venv", ".venv-oracles", ".git"}
    found = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if path.suffix in suffixes
        and not skipped & set(path.relative_to(ROOT).parts)
        and path != Path(__file__)
        and private.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
