"""The house rules that no linter knows: doors, floors, sizes and words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("oais", "sip", "aip", "dip", "policies", "search_index")

# One outside library, one door: the modules that import it, or the inner room (".*") whose
# business it is. To open another door, write it here and in docs/architecture.md, with the reason.
DOORS: dict[str, tuple[str, ...]] = {
    "PIL": ("oais.web.images",),
    "alembic": ("oais.database.migrations", "oais.database.migrations.*"),
    "argon2": ("oais.functions.people.passwords",),
    "astropy": (
        "oais.information.representation.compressed_images",
        "oais.information.representation.ecsv_comparison",
        "oais.information.representation.fits_comparison",
        "oais.information.representation.fits_writing",
        "oais.information.representation.sky_grid",
        "oais.information.representation.time_columns",
    ),
    "blake3": ("oais.information.fixity",),
    "cdflib": ("oais.information.representation.cdf",),
    "cryptography": ("oais.functions.mailing.envelopes", "oais.information.signature"),
    "email_validator": ("oais.mail.address",),
    "fastapi": ("oais.web.*",),
    "font_source_sans_pro": ("oais.information.representation.rasterising",),
    "jinja2": ("oais.web.rendering", "oais.web.templating"),
    "lxml": (
        "aip.descriptive",
        "aip.mets",
        "aip.premis",
        "aip.validation.eark.document",
        "aip.validation.schemas",
        "aip.xml_stream",
        "aip.xml_writing",
        "oais.information.xml",
    ),
    "numpy": (
        "oais.functions.audit.forecasting",
        "oais.functions.audit.tallies",
        "oais.cli.picture",
        "oais.information.healpix",
        "oais.information.representation.*",
        "oais.web.count_plots",
        "oais.web.image_plot",
        "oais.web.images",
        "oais.web.pictures",
        "oais.web.plots",
        "oais.web.series_plot",
        "oais.web.spectrogram_plot",
        "oais.web.still.lists",
        "oais.web.timeline",
        "search_index.catalogue.*",
        "search_index.sky",
        "search_index.words.store",
    ),
    "pydantic": ("oais.web.*",),
    "pygfried": ("oais.information.representation.pronom",),
    "pypdf": ("oais.information.representation.pdf_text",),
    "python_multipart": ("oais.web.multipart",),
    "resvg_py": ("oais.information.representation.rasterising",),
    "rich": ("oais.cli.*",),
    "sqlalchemy": ("oais.database", "oais.database.*", "search_index.catalogue.*"),
    "starlette": ("oais.web.*",),
    "typer": ("oais.cli.*",),
    "uvicorn": ("oais.web.connections", "oais.web.serving"),
    "watchfiles": ("oais.functions.dropfolder",),
    "whoosh": ("search_index.words.store",),
    "yaml": ("policies.yaml",),
}
LOADED_BY_NAME = {"psycopg"}
"""What no module imports: SQLAlchemy loads the driver that a database's address names."""
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


def composed_modules() -> list[Path]:
    """The modules that people compose; a revision of the tables is a list that a program writes."""
    return [
        path for path in modules() if path.parent != ROOT / "oais" / "database" / "migrations" / "versions"
    ]


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


def importers() -> dict[str, set[str]]:
    """Which modules import each outside library."""
    found: dict[str, set[str]] = {}
    for path in modules():
        for library in imported(ast.parse(path.read_text(encoding="utf-8"))):
            if library not in PACKAGES and library not in sys.stdlib_module_names:
                found.setdefault(library, set()).add(dotted(path))
    return found


def test_each_library_has_its_doors() -> None:
    """An outside library comes in by the doors of the table only, and no door stands unused."""
    found = importers()
    assert set(found) == set(DOORS)
    for library, names in found.items():
        doors = DOORS[library]
        climbers = {name for name in names if not any(fnmatch(name, door) for door in doors)}
        unused = {door for door in doors if not any(fnmatch(name, door) for name in names)}
        assert (library, climbers, unused) == (library, set(), set())


def test_what_is_installed_is_what_is_imported() -> None:
    """Each dependency of pyproject.toml is imported somewhere, and each import is a dependency."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        dependencies = tomllib.load(file)["project"]["dependencies"]
    asked = {re.split(r"[<>=\[]", dependency)[0] for dependency in dependencies}
    owners = packages_distributions()
    # Names that differ in their dashes alone are one (PEP 503).
    used = {re.sub("[-_.]+", "-", owners[library][0]).casefold() for library in importers()} | LOADED_BY_NAME
    assert asked == used


def floors() -> list[set[str]]:
    """The rooms that stand today on each floor of pyproject.toml, from the roof down."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["name"].endswith("the floors only"))
    return [{room.strip() for room in layer.split("|") if "(" not in room} for layer in layers]


def test_every_room_stands_on_a_floor() -> None:
    """Each package and each module directly under ``oais`` has its floor, none is forgotten."""
    rooms = {dotted(path) for path in (ROOT / "oais").glob("*.py")}
    rooms |= {dotted(path) for path in (ROOT / "oais").glob("*/__init__.py")}
    rooms |= set(PACKAGES)
    assert set().union(*floors()) == rooms - {"oais", "oais.__main__"}


def test_the_floors_are_those_of_the_design() -> None:
    """The contract that is checked and the house that docs/architecture.md draws are one."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(r"^(?:roof|floor \d|ground) +(.+)$", page, re.MULTILINE)
    assert len(drawn) >= 6
    layers = floors()
    for line in drawn:
        rooms = set(re.findall(r"[a-z_.]+", line))
        while rooms:
            assert layers[0] <= rooms
            rooms -= layers.pop(0)
    assert layers == []


@pytest.mark.parametrize("path", composed_modules(), ids=dotted)
def test_module_is_short_and_speaks_of_no_mission(path: Path) -> None:
    """A module fits in one sitting, and works for every mission."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_IN_A_MODULE
    assert path.stem not in EMPTY_MODULES
    assert [found.group() for found in MISSIONS.finditer(text)] == []


@pytest.mark.parametrize("path", composed_modules(), ids=dotted)
def test_functions_are_short_and_named_for_what_they_do(path: Path) -> None:
    """No function is too long to read at a glance or has a name that says nothing."""
    too_long = [(f.name, length(f)) for f in functions(path) if length(f) > LINES_IN_A_FUNCTION]
    empty = [f.name for f in functions(path) if f.name.lstrip("_").startswith(EMPTY_WORDS)]
    assert too_long == []
    assert empty == []


def test_functions_are_nearly_always_very_short() -> None:
    """Nine functions of ten have at most 25 lines."""
    lengths = [length(function) for path in composed_modules() for function in functions(path)]
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


def test_nothing_published_names_a_machine_or_a_registry(program: Callable[[str], str]) -> None:
    """No file of the project holds a path of the machine it was written on."""
    listing = [program("git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    suffixes = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".cff", ".lock", ".in"}
    private = re.compile(r"/work/|/root/\.|/tmp/bash|pypi\.org/simple|files\.pythonhosted")
    found = [
        str(path.relative_to(ROOT))
        for path in paths
        if path.suffix in suffixes
        and path != Path(__file__)
        and path.exists()
        and private.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
