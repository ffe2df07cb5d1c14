"""Looking into a product for a page: rows of a table, an image, a header; all bounded.

Reading is done in limited child processes that are started at the first call and kept; whatever a file
does to them is told as ``NotShownError``.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oais.errors import ArchiveError
from oais.information.packages import Inspection
from oais.information.representation.inspection import inspection_of, inspection_request
from oais.information.representation.limited import kept_pool
from oais.information.text import printable

SECONDS = 20.0
"""Time one extract may take, and a little more for a large file."""

PATIENCE = 10.0
"""Seconds after which a drawing is made of what was read so far, where nobody has more time."""

Ask = Callable[..., dict[str, Any]]
"""Has a file read as ``ask_reader`` does, or knows the answer already."""

MOST_POINTS = 20_000
MOST_ROWS = 1_000
MOST_SIDE = 4_096


class NotShownError(ArchiveError):
    """A product, or the part of it that was asked for, cannot be shown; the message says why."""

    exit_code = 2
    http_status = 404


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, unit and format as the file gives them."""

    name: str
    unit: str
    format: str


@dataclass(frozen=True, slots=True)
class TableRows:
    """Some rows of a table: ``total`` counts all of it; cells are plain values, None for none."""

    unit: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class GreyImage:
    """An image in 8-bit grey, ``height`` rows of ``width`` bytes, the first stored row first.

    FITS has its first row at the bottom. ``shape`` is that of the plane in the file (rows, columns), of which
    a cube has ``planes``; ``low`` and ``high`` are the values shown black and white, in ``value_unit``.
    """

    unit: int
    width: int
    height: int
    grey: bytes
    shape: tuple[int, int]
    low: float
    high: float
    name: str = ""
    planes: int = 1
    value_unit: str = ""
    stretch: str = "linear"
    grid: tuple[GridAxis, ...] = ()


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line of equal ``value``; its ``path`` are points in shares of the image's width and height."""

    value: float
    path: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class GridAxis:
    """Lines of the sky over an image, of longitude or latitude, with the unit of their values."""

    name: str
    unit: str
    lines: tuple[GridLine, ...]


def read_table_rows(path: Path, unit: int | None = None, rows: int = 20, first: int = 0) -> TableRows:
    """Read rows of the table in ``unit``, or of the file's first table, from ``first`` on, counted from 0.

    Raises:
        NotShownError: there is no such table, or the file is damaged.
    """
    wanted = max(0, min(rows, MOST_ROWS))
    plain = ask_reader(path, "table rows", unit=unit, first=max(0, first), rows=wanted)
    return TableRows(
        unit=plain["unit"],
        columns=tuple(Column(*column) for column in plain["columns"]),
        rows=tuple(tuple(row) for row in plain["rows"]),
        total=plain["total"],
    )


def read_image(
    path: Path,
    unit: int | None = None,
    max_side: int = 512,
    percentiles: tuple[float, float] = (1.0, 99.5),
    stretch: str = "linear",
    plane: int = 0,
    grid: bool = False,
    ask: Ask | None = None,
) -> GreyImage:
    """Read an image, of a cube one plane, made small by block means and stretched (see ``STRETCHES``).

    With ``grid`` come the lines of the sky over it, where the header tells them.

    Raises:
        NotShownError: there is no such image, or the file is damaged.
    """
    low, high = (min(100.0, max(0.0, percent)) for percent in percentiles)
    side = max(1, min(max_side, MOST_SIDE))
    more: dict[str, Any] = {"stretch": stretch, "plane": plane, "grid": grid}
    plain = (ask or ask_reader)(path, "image", unit=unit, max_side=side, low=low, high=high, **more)
    return GreyImage(
        unit=plain["unit"],
        width=plain["width"],
        height=plain["height"],
        grey=base64.b64decode(plain["grey"]),
        shape=(plain["shape"][0], plain["shape"][1]),
        low=plain["low"],
        high=plain["high"],
        name=plain["name"],
        planes=plain["planes"],
        value_unit=plain["value_unit"],
        stretch=stretch,
        grid=tuple(_grid_axis(axis) for axis in plain["grid"]),
    )


def _grid_axis(plain: dict[str, Any]) -> GridAxis:
    lines = (GridLine(line["value"], tuple((x, y) for x, y in line["path"])) for line in plain["lines"])
    return GridAxis(plain["name"], plain["unit"], tuple(lines))


def header_cards(path: Path, unit: int = 0) -> tuple[tuple[str, str, str], ...]:
    """Read the header of one HDU: keyword, value in the file's own spelling, comment.

    Raises:
        NotShownError: there is no such HDU.
    """
    plain = ask_reader(path, "header cards", unit=unit)
    return tuple((card[0], card[1], card[2]) for card in plain["cards"])


def read_inspection(path: Path, name: str) -> Inspection:
    """Inspect one file by the processes kept for pages, so that none is started for it.

    Faults of the file are findings of the inspection, as in ``Inspector.inspect``.
    """
    return inspection_of(name, kept_pool(SECONDS).ask([inspection_request(name, path)])[0])


def ask_reader(path: Path, reader: str, **options: Any) -> dict[str, Any]:
    """Have a limited process read a file; raises NotShownError with what it says against it."""
    request = {
        "task": "read",
        "path": os.path.abspath(path),
        "reader": reader,
        "options": options,
    }
    answer = kept_pool(SECONDS).ask([request])[0]
    if "fault" in answer:
        reason = printable(str(answer["fault"]))
        raise NotShownError(
            f"{printable(path.name)}: no {reader} is shown: {reason}",
            remedy="ask for another part of the product, or download it",
        )
    result: dict[str, Any] = answer["result"]
    return result
