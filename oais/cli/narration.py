"""Tells a story on the terminal: one line a step, with a bar while it runs and its time when it is done."""

from __future__ import annotations

from time import monotonic

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from oais.functions.reporting import Reporter

_EXPLANATIONS = {
    "pack": "a provider makes a bag of a folder",
    "receive": "into custody, every byte copied and hashed once",
    "check": "bag, agreement, formats, FITS, consistency",
    "build": "OCFL object, E-ARK METS, PREMIS events, description",
    "seal": "inventory signed",
    "store": "fsync, one rename, fsync",
    "index": "tree, words and catalogue",
    "audit": "every stored byte read again from the disk",
    "deliver": "a signed bag, made to order",
    "mail": "a letter in the folder mail/",
}


class Narrator(Reporter):
    """Writes each step as it ends; on a terminal the present step has a moving bar."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._name = self._detail = ""
        self._total = self._done = 0
        self._began = 0.0

    def heading(self, text: str, remark: str = "") -> None:
        """End the step and begin a chapter."""
        self.end()
        self._console.print(f"\n[bold cyan]{escape(text)}[/]  [dim]{escape(remark)}[/]", soft_wrap=True)

    def step(self, name: str, detail: str, total: int = 0) -> None:
        """End the step before and begin this one."""
        self.end()
        self._name, self._detail, self._total, self._done = name, detail, total, 0
        self._began = monotonic()
        if self._console.is_terminal:
            # No refresh thread: hashing forks, and a process with threads should not.
            self._live = Live(self._row(), console=self._console, auto_refresh=False, transient=True)
            self._live.start(refresh=True)

    def advance(self, done: int) -> None:
        """Move the bar on."""
        self._done += done
        if self._live is not None:
            self._live.update(self._row(), refresh=True)

    def end(self) -> None:
        """Write the step as done."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._name:
            took = monotonic() - self._began
            line = Text.assemble(
                ("  ✓ ", "bold green"),
                (f"{self._name:<9}", "bold"),
                f"{self._detail}  ",
                (self._why(), "dim"),
            )
            line.append(f"  {took:.2f} s", style="dim cyan")
            self._console.print(line, soft_wrap=True)
            self._name = ""

    def _why(self) -> str:
        return _EXPLANATIONS.get(self._name, "")

    def _row(self) -> Table:
        row = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=self._total or None, completed=self._done, width=24, pulse=not self._total)
        row.add_row(
            Text(f"  … {self._name:<9}", style="bold"),
            bar,
            Text(self._detail),
            Text(self._why(), style="dim"),
        )
        return row
