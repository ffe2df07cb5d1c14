"""Lists that people write as CSV tables: read line by line, with the number of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from oais.errors import InvalidError

LONGEST_LIST: Final = 5_000_000
"""Characters of a list."""


def read_list(text: str, columns: Sequence[str], what: str) -> list[tuple[int, Mapping[str, str]]]:
    """Return the number and the fields of each line below the one that names exactly these columns.

    A field that is missing is empty; what stands behind the last column is under the empty name. Raises
    InvalidError for ``what`` has other columns, is too long, or is no CSV.
    """
    lines = csv.DictReader(io.StringIO(text), restkey="", restval="")
    try:
        if len(text) > LONGEST_LIST or tuple(lines.fieldnames or ()) != tuple(columns):
            raise InvalidError(
                f"{what} does not begin with the line {','.join(columns)}, or is longer than "
                f"{LONGEST_LIST} characters",
                remedy="write it as CSV in UTF-8, with these columns in this order",
            )
        return [(lines.line_num, row) for row in lines]
    except csv.Error as error:
        raise InvalidError(
            f"line {lines.reader.line_num} of {what} is no CSV: {error}",
            remedy="look for a quote that is not closed",
        ) from error
