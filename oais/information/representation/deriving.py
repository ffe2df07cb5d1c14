"""Tables made of stored products, in the limited processes: the parent's side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

from oais.errors import ArchiveError, StorageError, WrongUsageError
from oais.information.representation.derived_tables import UNWRITTEN, DerivedTable, Label, TableForm
from oais.information.representation.frames import EFFORT
from oais.information.representation.intervals import Interval
from oais.information.representation.limited import WALL_SECONDS, kept_pool
from oais.information.text import printable

_EFFORT = 20
"""Times as long as a byte is read it may take to write it as text."""


class NotDerivedError(ArchiveError):
    """A product of which no such table can be made; the message says why."""

    exit_code = 2
    http_status = 422


def known_table_form(text: str) -> TableForm:
    """Return a form by its name; raises WrongUsageError."""
    for form in get_args(TableForm):
        if text == form:
            return form  # type: ignore[no-any-return]
    forms = ", ".join(get_args(TableForm))
    raise WrongUsageError(f"{printable(text)!r} is no form of a table; expected original, {forms}")


def derive_table(
    source: Path, target: Path, form: TableForm, interval: Interval | None, label: Label
) -> tuple[DerivedTable, ...]:
    """Write the table of a product, of an interval only its rows, to ``target``, which must not be there.

    The same source, form, interval and label give the same bytes. Raises NotDerivedError when it has no
    such table, StorageError when the disk does not take it; ``target`` may then be there in part.
    """
    request = {
        "task": "derive",
        "path": os.path.abspath(source),
        "target": os.path.abspath(target),
        "form": form,
        "ends": () if interval is None else (interval.start, interval.stop),
        "label": label,
        EFFORT: _EFFORT,
    }
    (answer,) = kept_pool(WALL_SECONDS).ask([request])
    if "fault" in answer:
        raise NotDerivedError(
            f"{printable(source.name)}: {printable(str(answer['fault']))}", remedy="take the original"
        )
    if UNWRITTEN in answer["result"]:
        raise StorageError(f"writing {target.name}: {printable(str(answer['result']['unwritten']))}")
    return tuple(DerivedTable(**table) for table in answer["result"]["tables"])
