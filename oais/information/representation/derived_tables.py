"""What tables are made as, and what became of each; shared by the limited child and its parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

TableForm = Literal["fits", "csv", "votable"]
"""What a table can be written as."""

EXTENSIONS: Final[dict[TableForm, str]] = {"fits": "fits", "csv": "csv", "votable": "vot"}

UNWRITTEN: Final = "unwritten"
"""Key of an answer that the disk, not the product, is to blame for."""

Label: TypeAlias = Sequence[tuple[str, str]]
"""What a file is and of what it was made, in order: names and values."""


@dataclass(frozen=True, slots=True)
class DerivedTable:
    """What became of one table: ``kept`` of ``total`` rows, by their ``time``, ``compared`` as it says.

    ``time`` and ``compared`` are empty where all rows are in: no interval was asked for, or the rows of this
    table have no time. ``left_out`` says why a table beside others was not written at all.
    """

    table: str
    time: str
    compared: str
    kept: int
    total: int
    left_out: str = ""


def table_place(target: Path, number: int) -> Path:
    """Return where CSV table ``number`` is written: the first at the target, the others beside it."""
    return target.with_name(f"{target.name}.{number + 1}") if number else target
