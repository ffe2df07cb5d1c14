"""Looking into a product for a page: a table's head, a curve, an image, a header; all bounded.

Reading is done in limited child processes that are started at the first call and kept; whatever a file
does to them is told as ``NotShownError``.
"""

from __future__ import annotations

import base64
import os
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
class TableHead:
    """The first rows of a table: ``total`` counts all of them; cells are plain values, None for none."""

    unit: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one column against another, thinned so that the extremes stay.

    ``total`` rows are in the table, ``good`` of those read are finite and without a quality flag,
    ``flagged`` have one; ``whole`` is False when only pieces of a very long table were read.
    """

    x_name: str
    x_unit: str
    y_name: str
    y_unit: str
    quality_name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    total: int
    good: int
    flagged: int
    whole: bool


@dataclass(frozen=True, slots=True)
class GreyImage:
    """An image in 8-bit grey, ``height`` rows of ``width`` bytes, the first stored row first.

    FITS has its first row at the bottom. ``shape`` is that of the plane in the file (rows, columns);
    ``low`` and ``high`` are the values shown black and white.
    """

    unit: int
    width: int
    height: int
    grey: bytes
    shape: tuple[int, int]
    low: float
    high: float


def read_table_head(path: Path, unit: int | None = None, rows: int = 20) -> TableHead:
    """Read the first rows of the table in ``unit``, or of the file's first table.

    Raises:
        NotShownError: there is no such table, or the file is damaged.
    """
    plain = _read(path, "table head", unit=unit, rows=max(0, min(rows, MOST_ROWS)))
    return TableHead(
        unit=plain["unit"],
        columns=tuple(Column(*column) for column in plain["columns"]),
        rows=tuple(tuple(row) for row in plain["rows"]),
        total=plain["total"],
    )


def read_light_curve(
    path: Path,
    unit: int | None = None,
    x: str | None = None,
    y: str | None = None,
    max_points: int = 2_000,
) -> Curve:
    """Read one column of numbers against another; without names, flux (or the first) against time.

    Raises:
        NotShownError: there is no table with such columns, or the file is damaged.
    """
    most = max(2, min(max_points, MOST_POINTS))
    plain = _read(path, "light curve", unit=unit, x=x, y=y, max_points=most)
    return Curve(**{**plain, "x": tuple(plain["x"]), "y": tuple(plain["y"])})


def read_image(
    path: Path,
    unit: int | None = None,
    max_side: int = 512,
    percentiles: tuple[float, float] = (1.0, 99.5),
) -> GreyImage:
    """Read an image (of a cube the first plane), made small by block means and stretched.

    Raises:
        NotShownError: there is no such image, or the file is damaged.
    """
    low, high = (min(100.0, max(0.0, percent)) for percent in percentiles)
    side = max(1, min(max_side, MOST_SIDE))
    plain = _read(path, "image", unit=unit, max_side=side, low=low, high=high)
    return GreyImage(
        unit=plain["unit"],
        width=plain["width"],
        height=plain["height"],
        grey=base64.b64decode(plain["grey"]),
        shape=(plain["shape"][0], plain["shape"][1]),
        low=plain["low"],
        high=plain["high"],
    )


def header_cards(path: Path, unit: int = 0) -> tuple[tuple[str, str, str], ...]:
    """Read the header of one HDU: keyword, value in the file's own spelling, comment.

    Raises:
        NotShownError: there is no such HDU.
    """
    plain = _read(path, "header cards", unit=unit)
    return tuple((card[0], card[1], card[2]) for card in plain["cards"])


def read_inspection(path: Path, name: str) -> Inspection:
    """Inspect one file by the processes kept for pages, so that none is started for it.

    Faults of the file are findings of the inspection, as in ``Inspector.inspect``.
    """
    return inspection_of(name, kept_pool(SECONDS).ask([inspection_request(name, path)])[0])


def _read(path: Path, reader: str, **options: Any) -> dict[str, Any]:
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
