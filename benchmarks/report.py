"""Shows the figures on the terminal and writes them into docs/benchmarks.md, between the marks kept there."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.figures import HEADINGS, Figure

BAR = "\\|"
"""A bar inside a cell, as in the peer ``cat | zip``."""


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print one group as a table."""
    table = Table(*HEADINGS, title=title, title_justify="left", box=box.SIMPLE)
    for figure in figures:
        style = "" if figure.holds else "bold red"
        table.add_row(*figure.cells(), style=style)
    Console(width=None if os.isatty(1) else 160).print(table)


def write(page: Path, group: str, figures: Sequence[Figure], load: str) -> None:
    """Put a group's table and where it was measured between its marks; raises ValueError without marks."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- figures of {group} -->", f"<!-- end of {group} -->"
    if begin not in text or end not in text:
        raise ValueError(f"{page.name} has no marks {begin} and {end}")
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(figure.cells() for figure in figures)]
    table = "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |" for row in rows)
    inside = f"{begin}\n{table}\n\n{machine(load)}\n{end}"
    whole = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    page.write_text(whole.sub(lambda _: inside, text), encoding="utf-8")


def machine(load: str) -> str:
    """Say on what and when it was measured, and what else the machine did meanwhile."""
    kernel = f"Linux {platform.release().partition('-')[0]}"
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (
        f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {_processor()}, {kernel}, "
        f"Python {platform.python_version()}; {datetime.now(UTC):%Y-%m-%d}; load before {load}."
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()
