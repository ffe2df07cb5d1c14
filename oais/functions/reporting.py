"""A reporter is told what happens, so that progress never clutters the work; by default it is silent."""

from __future__ import annotations


class Reporter:
    """Told of each step as it begins and of the bytes done within it; this one says nothing."""

    def step(self, name: str, detail: str, total: int = 0) -> None:
        """Tell that a step begins; ``total`` bytes are expected in it, 0 when that is not known."""

    def advance(self, done: int) -> None:
        """Tell how many more bytes of the present step are done."""

    def warn(self, message: str, remedy: str) -> None:
        """Tell of something that stops nothing, and what to do about it."""


SILENT = Reporter()
