"""Writes the reference pages that code knows best: commands, settings, finding codes, the API.

``python -m workshop.reference`` writes what stands between the two marks of each page below ``docs/``;
``--check`` only tells which pages are not up to date. The prose before and after the marks is written by
hand, everything between them is asked from the programs themselves.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from oais.information.findings import FindingCode, finding_codes
from oais.settings import settings_table
from workshop.conformance import conformance_page

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- begin: written by python -m workshop.reference -->"
END = "<!-- end -->"

FAMILIES = {
    "aip": ("AIP", "The layers of a stored package against each other."),
    "agreement": ("Agreement", "What the delivery's agreement asks."),
    "audit": ("Audit", "What the audit of a stored package finds."),
    "bag": ("BagIt", "Bags, versions 0.93 to 1.0; clauses without a name are those of RFC 8493."),
    "consistency": ("Consistency", "What names, headers, tags and `submission.yaml` say must agree."),
    "containers": ("Containers", "Deliveries that come as one `.tar`, `.tar.gz` or `.zip`."),
    "eark": ("E-ARK", "Packages of E-ARK by the requirement ids of CSIP 2.2.0 and AIP 2.2.0."),
    "copies": ("Copies", "What looking after the copies at other locations finds."),
    "fits": ("FITS", "FITS files against FITS 4.0."),
    "formats": ("Formats", "Files of any format."),
    "index": ("Index", "Differences between the index and what is stored."),
    "ingest": ("Ingest", "What stands against a delivery because of what the archive holds or knows."),
    "ledger": ("Ledger", "What verifying the tamper-evident ledger finds."),
    "ocfl": ("OCFL", "The validation codes of OCFL itself, with the standard's own meaning."),
    "policy": ("Policy", "What stands against the archive's own policies and agreements."),
    "premis": ("PREMIS", "Links between the objects, events, agents and rights of a package."),
    "reports": ("Reports", "What reading the reports of visits finds, where the agreement says how."),
    "xml": ("XML", "XML that came from outside."),
}
"""Heading and one sentence for each table in ``oais/information/finding_codes``."""


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that differ; returns 1 when there are any."""
    stale = stale_pages()
    if arguments == ["--check"]:
        for name in stale:
            sys.stdout.write(f"{name} is not up to date: python -m workshop.reference\n")
        return int(bool(stale))
    for name in stale:
        (ROOT / name).write_text(_renewed(ROOT / name, PAGES[name]()), encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")
    return 0


def stale_pages() -> list[str]:
    """Return the pages whose file is not what would be written now."""
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
    return [name for name, text in texts.items() if _renewed(ROOT / name, PAGES[name]()) != text]


def _renewed(path: Path, generated: str) -> str:
    """Return the page with what is between its marks written anew."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{path.name} lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{generated.strip()}\n\n{END}{after}"


def command_tree() -> dict[str, Any]:
    """Return every command of ``oais`` by the words that call it, groups left out."""
    from typer.main import get_command

    from oais.cli.commands import app

    return dict(_commands_below("oais", get_command(app)))


def _commands_below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        yield name, command
    for word, child in sorted(below.items()):
        yield from _commands_below(f"{name} {word}", child)


def api_page() -> str:
    """Return a table of everything a program can ask of the site."""
    from oais.web.app import DOORS
    from oais.web.description import described, operations_of

    document = described([door for door in DOORS if door.for_programs], "", "")
    rows = [
        f"| `{one.method} {one.path}` | {' '.join(one.told.split())} | "
        f"{', '.join(f'`{name}`' for name in one.parameters)} | "
        f"{', '.join(f'`{name}`' for name in one.body)} | {one.asks} |"
        for one in operations_of(document)
    ]
    head = ["| address | what it does | parameters | body | asks for |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def commands_page() -> str:
    """Return a section for every command."""
    return "\n".join("\n".join(_command(name, command)) for name, command in command_tree().items())


def _command(name: str, command: Any) -> Iterator[str]:
    options = [item for item in command.params if item.param_type_name == "option"]
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    usage = " ".join(map(_usage, arguments))
    yield f"## `{name}`\n\n{' '.join((command.help or '').split())}\n"
    yield f"```text\n{' '.join(f'{name} {usage} [OPTIONS]'.split())}\n```\n"
    rows = [(f"`{_usage(item)}`", item.help or "", "") for item in arguments]
    rows += [(_spelled(item), item.help or "", _default(item)) for item in options]
    yield from _table(("word", "what it says", "default"), rows)
    yield ""


def _usage(argument: Any) -> str:
    word = (argument.metavar or argument.name).upper()
    several = "…" if argument.nargs == -1 else ""
    return f"{word}{several}" if argument.required else f"[{word}{several}]"


_VALUES = {"str": "TEXT", "int": "NUMBER", "float": "NUMBER"}


def _spelled(option: Any) -> str:
    kind = getattr(option.type_descriptor.annotation, "__name__", "str")
    value = "" if option.is_flag else f" {_VALUES.get(kind, kind.upper())}"
    return ", ".join(f"`{spelling}{value}`" for spelling in (*option.opts, *option.secondary_opts))


def _default(option: Any) -> str:
    if option.required:
        return "must be given"
    if isinstance(option.show_default, str):
        return f"`{option.show_default}`"
    if option.is_flag or option.default in (None, "", ()):
        return ""
    return f"`{option.default}`"


def settings_page() -> str:
    """Return the table of all settings of ``oais.yaml``."""
    rows = ((f"`{name}`", f"`{_yaml(default)}`", text) for name, default, text in settings_table())
    return "\n".join(_table(("setting", "default", "what for"), rows))


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else "''"


def findings_page() -> str:
    """Return the table of all finding codes, one section for each family."""
    parts = []
    for family, codes in code_families().items():
        title, text = FAMILIES.get(family, (family.replace("_", " ").capitalize(), ""))
        parts.append(f"## {title}\n\n{text}\n")
        rows = (_code_row(finding_codes()[code]) for code in codes)
        header = ("code", "by the standard", "at submission", "clause", "what it means", "what to do")
        parts.append("\n".join((*_table(header, rows), "")))
    return "\n".join(parts)


def code_families() -> dict[str, list[str]]:
    """Return the codes of each table in ``finding_codes/``, by the table's name."""
    folder = resources.files("oais.information") / "finding_codes"
    tables = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=str)
    return {
        item.name.removesuffix(".toml"): sorted(tomllib.loads(item.read_text("utf-8"))) for item in tables
    }


def _code_row(row: FindingCode) -> tuple[str, ...]:
    intake = "the same" if row.intake is row.severity else str(row.intake)
    return f"`{row.code}`", str(row.severity), intake, row.clause, row.title, row.remedy


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"


def _cell(value: str) -> str:
    escaped = " ".join(value.split()).replace("|", "\\|")
    return escaped if value.startswith("`") else escaped.replace("<", "&lt;").replace("*", "\\*")


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/commands.md": commands_page,
    "docs/settings.md": settings_page,
    "docs/findings.md": findings_page,
    "docs/api.md": api_page,
    "docs/conformance.md": conformance_page,
}
"""The generated pages and what writes each."""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
