"""How the commands speak: answers on standard output, progress and trouble on standard error.

With ``--json`` an answer is one JSON object and nothing else. Progress shows only on a terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Literal, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from oais.functions.reporting import Reporter
from oais.information.findings import Finding, Severity
from oais.information.text import printable
from oais.information.text import show_size as show_size  # noqa: PLC0414 - commands take it from here


class SafeConsole(Console):
    """A console on which no name or value of a stranger steers the terminal: all text passes here last."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, then escape control, bidirectional and surrogate characters."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable() or segment.text == "\n":
                yield segment
            else:
                lines = segment.text.split("\n")
                text = "\n".join(printable(line, longest=len(line)) for line in lines)
                yield Segment(text, segment.style)

    def on_broken_pipe(self) -> None:
        """Let whoever runs the command know: a reader that has seen enough is no fault."""
        raise BrokenPipeError


_UNBROKEN = 4096
"""Columns where nobody looks: a line that goes into a file or a pipe is not broken."""


def _width(stream: TextIO) -> int | None:
    """Return the columns to fill: the terminal's own, COLUMNS if it is set, else all of a line."""
    return None if stream.isatty() or os.environ.get("COLUMNS") else _UNBROKEN


for _name, _mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
    if getattr(sys, _name) is None:  # closed by whoever started us; writing goes nowhere then
        setattr(sys, _name, open(os.devnull, _mode))  # noqa: SIM115 - open as long as the process

out = SafeConsole(highlight=False, soft_wrap=not sys.stdout.isatty(), width=_width(sys.stdout))
err = SafeConsole(stderr=True, highlight=False)

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_STEERING = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_SHOWN = 50
"""Findings shown on a terminal; the receipt and ``--json`` have all of them."""


def print_json(answer: object) -> None:
    """Print one JSON object; characters that could steer a terminal stand in it as JSON escapes."""
    text = json.dumps(answer, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write(_STEERING.sub(lambda found: json.dumps(found.group())[1:-1], text) + "\n")


def print_findings(findings: Iterable[Finding], *, limit: int = _SHOWN) -> None:
    """Print findings, worst first, each with its code, path, message and remedy."""
    order = list(Severity)
    ranked = sorted(findings, key=lambda found: (order.index(found.severity), found.path, found.code))
    for found in ranked[:limit]:
        line = Text(f"  {found.severity:<8}", style=_STYLES[found.severity])
        line.append(f"{found.code:<9}", style="bold")
        line.append(f"{found.path}  " if found.path else "", style="cyan")
        line.append(found.message)
        out.print(line, soft_wrap=True)
        if found.remedy:
            out.print(Text(f"{'':19}→ {found.remedy}", style="dim"), soft_wrap=True)
    if len(ranked) > limit:
        out.print(f"  … and {len(ranked) - limit} more; --json shows all of them")


def warn(message: str, remedy: str = "") -> None:
    """Tell of something that does not stop the command, and what to do about it."""
    err.print(Text.assemble(("warning  ", "bold yellow"), message), soft_wrap=True)
    if remedy:
        err.print(Text(f"         → {remedy}", style="dim"), soft_wrap=True)


def print_pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns, leaving out what is not known."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value not in ("", None, (), []):
            table.add_row(name, escape(str(value)))
    out.print(table)


def print_warnings(warnings: Iterable[str]) -> None:
    """Print what is worth knowing, on standard error."""
    for warning in warnings:
        err.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)


def table(*columns: str, right: tuple[str, ...] = (), unbroken: int = 0) -> Table:
    """Return an empty table in the archive's manner; columns named in ``right`` hold numbers.

    The first column keeps ``unbroken`` characters in one piece: it holds what people copy.
    """
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        least = unbroken if column == columns[0] else None
        justify: Literal["left", "right"] = "right" if column in right else "left"
        made.add_column(column, justify=justify, overflow="fold", min_width=least)
    return made


def counted(number: int, thing: str) -> str:
    """Return a number of things in words: ``1 file``, ``2 files``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


class TerminalReporter(Reporter):
    """Shows the steps of an ingest on a terminal: one line that is rewritten, gone when it is done."""

    def __init__(self, deliveries: int = 1) -> None:
        self._deliveries = deliveries
        self._done = 0
        self._last = 0.0

    def step(self, name: str, detail: str, total: int = 0) -> None:
        """Show the step; ``total`` is not shown."""
        del total
        self._write(f"{name:<8} {detail}")

    def advance(self, done: int) -> None:
        """Count bytes of one delivery, or whole deliveries of many."""
        self._done += done
        if monotonic() - self._last > 0.1:
            many = self._deliveries > 1
            self._write(f"{self._done} of {self._deliveries} deliveries" if many else show_size(self._done))

    def warn(self, message: str, remedy: str) -> None:
        """Show the warning on standard error."""
        warn(message, remedy)

    def _write(self, text: str) -> None:
        self._last = monotonic()
        if err.is_terminal:
            sys.stderr.write(f"\r\x1b[2K{printable(text)[: err.width - 1]}\r")
            sys.stderr.flush()


@contextmanager
def count_progress(label: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar of things done on a terminal; yields a function that counts one more.

    No thread refreshes it: hashing forks, and a process with threads should not.
    """
    if not err.is_terminal:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("[bold]{task.description:<8}"), BarColumn(bar_width=32), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(label, total=total or None)
        last = 0.0

        def advance() -> None:
            nonlocal last
            progress.advance(task)
            if (now := monotonic()) - last > 0.1:
                last = now
                progress.refresh()

        yield advance


def home_or_default(home: Path | None) -> Path:
    """Return the archive named by --home, by OAIS_HOME, or the present directory."""
    return home or Path(os.environ.get("OAIS_HOME") or ".")
