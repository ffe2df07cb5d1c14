"""The documentation tells all there is, and what it shows really happens."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from oais import errors
from oais.archive import create_archive, open_archive
from oais.information.findings import finding_codes
from oais.settings import settings_table
from policies.agreement import parse_agreement
from workshop import reference
from workshop.commands import main as run_py

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "demo" / "README.md"])
COMMANDS = reference.command_tree()
NARRATED = ("README.md", "docs/tutorial.md")
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:work|home|root|Users|tmp|mnt)/")


def page(name: str) -> str:
    """The text of one page."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its depth."""
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"there is no heading {heading!r}"
    return re.split(rf"\n#{{1,{heading.index(' ')}}} ", rest)[0]


def first_cells(text: str) -> set[str]:
    """The code words in the first column of all tables of a text."""
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


def test_generated_pages_are_up_to_date() -> None:
    """What the reference pages say of the code is what the code says now."""
    assert reference.stale_pages() == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_documented(name: str) -> None:
    """Each command has a section, and each of its words and options stands there."""
    told = section(page("docs/commands.md"), f"## `{name}`")
    for parameter in COMMANDS[name].params:
        words = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
        for word in words:
            assert re.search(rf"`\[?{re.escape(word)}[ `\]…]", told), f"{name}: {word} is not documented"


def test_options_of_the_program_itself_are_documented() -> None:
    """What ``oais --help`` offers before any command is told too."""
    from typer.main import get_command

    from oais.cli.commands import app

    text = page("docs/commands.md")
    for parameter in get_command(app).params:
        for word in parameter.opts:
            assert f"`{word}" in text or f" {word}`" in text, f"{word} is not documented"


def test_every_exit_code_is_documented() -> None:
    """Each exit code that an error carries has a row that says what it means."""
    told = section(page("docs/commands.md"), "## Exit codes")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.ArchiveError)}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", told, re.MULTILINE)}
    assert codes | {0} <= documented


def test_every_setting_is_documented() -> None:
    """Each setting stands in the table, and nothing that is none."""
    assert first_cells(page("docs/settings.md")) == {name for name, _, _ in settings_table()}


def test_every_finding_code_is_documented() -> None:
    """Each code stands in the table with its title, and nothing that is none."""
    text = page("docs/findings.md")
    assert first_cells(text) == set(finding_codes())


def test_codes_named_in_prose_exist() -> None:
    """No page names a finding code that there is not."""
    known = set(finding_codes())
    named = {
        (path.name, code)
        for path in PAGES
        for code in re.findall(r"\b[A-Z]{3}-[0-9]{3}\b", path.read_text(encoding="utf-8"))
    }
    assert [item for item in named if item[1] not in known] == []


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The routes of the site of a new archive."""
    from oais.web.app import create_app

    home = tmp_path_factory.mktemp("routes") / "archive"
    create_archive(home)
    return list(create_app(open_archive(home)).routes)


def test_every_route_is_documented(routes: list[Any]) -> None:
    """Each page stands in the table, each answer to programs in docs/api.md, and nothing that is none."""
    told = first_cells(page("docs/routes.md").partition("\n## ")[0])
    paths = {route.path for route in routes}
    assert told <= paths
    assert told >= {route.path for route in routes if not route.door.for_programs}
    answers = {cell.partition(" ")[2] for cell in first_cells(page("docs/api.md"))}
    assert answers == {route.path_format for route in routes if route.door.for_programs}


def test_every_door_is_told_with_what_it_asks(routes: list[Any]) -> None:
    """The row of a path names each right its doors ask for, and each method that changes something."""
    rows = {row.split("|")[1].strip(" `"): row for row in page("docs/routes.md").splitlines() if "|" in row}
    for route in (route for route in routes if not route.door.for_programs):
        row = rows[route.path]
        asked = row.rstrip("| ").rpartition("|")[2]
        assert route.door.asks.value in asked, f"{route.path} asks {route.door.asks.value}"
        for method in set(route.door.methods) - {"GET"}:
            assert f"`{method}`" in row, f"{route.path}: {method} is not told"


def parameters_of(route: Any) -> Iterator[str]:
    """The names that an address of the route may carry after ``?``, those of forms one by one."""
    for parameter in route.dependant.query_params:
        fields = getattr(parameter.field_info.annotation, "model_fields", None)
        if fields is None:
            yield parameter.alias
        else:
            yield from (field.alias or name for name, field in fields.items())


def test_every_parameter_of_a_route_is_documented(routes: list[Any]) -> None:
    """Each parameter that an address may carry after ``?`` is told."""
    text = page("docs/routes.md") + page("docs/api.md")
    for route in routes:
        for name in parameters_of(route):
            assert f"`{name}`" in text, f"{route.path}: {name} is not documented"


def agreement_keys(value: object) -> Iterator[str]:
    """All names that an agreement uses for its own parts (not those it makes up itself)."""
    made_up = {"levels", "mappings", "tables", "values", "obscore", "expected", "same", "words"}
    if isinstance(value, list):
        for item in value:
            yield from agreement_keys(item)
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            inner = item.values() if key in made_up and isinstance(item, dict) else [item]
            for one in inner:
                yield from agreement_keys(one)


def test_every_name_of_the_agreements_is_documented() -> None:
    """Whatever a shipped agreement says, its page explains."""
    text = page("docs/agreements.md")
    for path in sorted((ROOT / "policies" / "shipped" / "agreements").glob("*.yaml")):
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
        missing = {key for key in agreement_keys(plain) if f"`{key}`" not in text}
        assert not missing, f"{path.name}: {', '.join(sorted(missing))}"


def test_the_agreement_of_the_documentation_loads() -> None:
    """The example that a newcomer would copy has no fault."""
    example = re.search(r"```yaml\n(.*?)```", page("docs/agreements.md"), re.DOTALL)
    assert example is not None
    faults: list[Any] = []
    assert parse_agreement(example[1], "example.yaml", faults) is not None
    assert faults == []


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Each link inside the project leads to a file that is there, and to a heading that is there."""
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), f"{path.name}: {target} is not there"
        assert found.is_relative_to(ROOT), f"{path.name}: {target} leads out of the project"
        if anchor:
            assert anchor in anchors(found.read_text(encoding="utf-8")), f"{path.name}: no heading {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_knows_the_machine_it_was_written_on(path: Path) -> None:
    """A path that exists on one machine only has no place in the documentation."""
    assert MACHINE_PATH.findall(path.read_text(encoding="utf-8")) == []


def test_source_files_named_in_prose_exist() -> None:
    """A page that sends the reader to a test or a module sends to one that is there."""
    shape = re.compile(
        r"`((?:oais|sip|aip|dip|policies|search_index|tests|workshop)/[\w/.-]+\.py|tests/[\w/]+)`"
    )
    named = {name for path in PAGES for name in shape.findall(path.read_text(encoding="utf-8"))}
    assert named
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    """Whoever starts at README.md and follows links comes to every page of ``docs/``."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        targets = (target.partition("#")[0] for target in LINK.findall(path.read_text(encoding="utf-8")))
        waiting += [(path.parent / target).resolve() for target in targets if target and ":" not in target]
    assert {path for path in PAGES if path.is_relative_to(DOCS)} - reached == set()


def test_every_decision_is_listed_and_tells_its_cost() -> None:
    """Each decision stands in the list, in its order, and says what it costs."""
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", page("docs/adr/README.md"))
    decisions = sorted(path for path in (DOCS / "adr").glob("[0-9]*.md"))
    assert listed == [path.name for path in decisions]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^## What it costs\n\n- ", text, re.MULTILINE), path.name


@dataclass(frozen=True, slots=True)
class Shown:
    """One command line of a page and the lines of output that the page shows below it."""

    place: str
    command: str
    output: tuple[str, ...]


def shown(name: str) -> list[Shown]:
    """The command lines of all console blocks of a page, in their order."""
    found: list[Shown] = []
    for block in re.findall(r"```console\n(.*?)```", page(name), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Shown(name, line[2:], ()))
            elif line.strip():
                last = found.pop()
                found.append(Shown(name, last.command, (*last.output, line)))
    return found


def runnable(line: Shown) -> str:
    """The command as the test runs it: the demo without its site, and nothing that sets up an environment."""
    words = line.command.split()
    if words[:2] == ["python3", "run.py"]:
        return "oais demo --no-serve" if words[2] == "demo" else "true"
    return line.command


def matches(expected: str, output: str) -> bool:
    """Whether a line of the output has the expected text, in which … stands for anything."""
    pattern = r"\s+".join(re.escape(word).replace("…", ".*?") for word in expected.split())
    return re.search(pattern, output) is not None


def run_all(lines: list[Shown], folder: Path) -> list[tuple[int, str]]:
    """Run the commands one after the other in one shell; return exit code and output of each."""
    mark = "== end of command =="
    script = [f"{runnable(line)}\ncode=$?; echo; echo '{mark}' $code; (exit $code)" for line in lines]
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        ["bash"],
        input="\n".join(("exec 2>&1", *script)),
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    parts = re.split(rf"\n{mark} (\d+)\n", done.stdout)
    return [(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=False)]


@dataclass(frozen=True, slots=True)
class Followed:
    """The pages as they were followed: where, which commands, and what each of them gave."""

    folder: Path
    lines: list[Shown]
    results: list[tuple[int, str]]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """README and tutorial, followed once from the first line to the last."""
    folder = tmp_path_factory.mktemp("followed")
    (folder / "demo").symlink_to(ROOT / "demo")
    lines = [line for name in NARRATED for line in shown(name)]
    return Followed(folder, lines, run_all(lines, folder))


@pytest.mark.long
def test_every_command_line_shown_works(followed: Followed) -> None:
    """Each command line of README and tutorial succeeds, and shows what the page says it shows.

    A command may fail only where the next line asks for its exit code.
    """
    lines, results = followed.lines, followed.results
    assert len(results) == len(lines) > 20
    problems = []
    for number, (line, (code, output)) in enumerate(zip(lines, results, strict=True)):
        asked = number + 1 < len(lines) and lines[number + 1].command == "echo $?"
        if code and not asked:
            problems.append(f"{line.place}: {line.command} ended with {code}:\n{output}")
        missing = [text for text in line.output if not matches(text, output)]
        problems += [f"{line.place}: {line.command} does not show {text!r}:\n{output}" for text in missing]
    assert not problems, "\n\n".join(problems)


def kept_places(folder: Path) -> Iterator[str]:
    """Every file of the tutorial's archive and DIP as the format page would name it."""
    home, dip = folder / "archive", folder / "lightcurve"
    yield from (path.name for path in home.iterdir())
    yield from (path.name for path in (home / "aip").iterdir() if not re.fullmatch("[0-9a-f]{3}", path.name))
    for declaration in (home / "aip").rglob("0=ocfl_object_1.1"):
        root = declaration.parent
        for path in root.rglob("*"):
            if path.is_file():
                yield re.sub(r"^v\d+/(content/)?", "", path.relative_to(root).as_posix())
    yield from (path.relative_to(dip).as_posix() for path in dip.rglob("*") if path.is_file())


@pytest.mark.long
def test_every_file_on_disk_stands_in_the_format(followed: Followed) -> None:
    """What an archive and a DIP really hold is what the format page describes, file by file."""
    text = page("docs/format.md")
    free = ("representations/original/data/", "documentation/", "schemas/", "metadata/other/sip/", "data/")
    unknown = []
    for place in sorted(set(kept_places(followed.folder))):
        folder = next((top for top in free if place.startswith(top)), "")
        if place.startswith("representations/software/"):
            folder = "representations/software/"
        named = folder or place
        if re.fullmatch(r"tagmanifest-sha\d+\.txt", named):
            named = "tag manifests"
        if named not in text:
            unknown.append(place)
    assert unknown == []


def test_commands_of_run_py_in_the_pages_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever ``run.py`` is told to do in README and tutorial, it knows."""
    with pytest.raises(SystemExit):
        run_py(["--help"])
    known = set(re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE))
    told = {word for name in NARRATED for word in re.findall(r"python3 run\.py ([a-z]+)", page(name))}
    assert {"demo", "test"} <= told <= known
