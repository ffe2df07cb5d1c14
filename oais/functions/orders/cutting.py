"""Tables cut to an interval or written in another format on their way out, each labelled as derived.

What is made lies below ``dip/derived`` under a name that its bytes follow from, so that a download can go
on and an order that is built again finds it; it may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dip.order import DipItem
from oais.archive import Home
from oais.database.orders import Order
from oais.errors import DamageError
from oais.files import make_directories, storage_errors
from oais.functions.dissemination import Cutting, Part
from oais.information.fixity import hash_file
from oais.information.representation.derived_tables import EXTENSIONS, Label, TableForm
from oais.information.representation.deriving import NotDerivedError, derive_table, known_table_form
from oais.information.representation.intervals import Interval, parse_interval
from oais.information.software import software_version
from oais.information.text import readable_json

ORIGINAL = "original"
"""The word for files as they are kept."""

_DIGESTS = ("sha256", "sha512")


@dataclass(frozen=True, slots=True)
class Tables:
    """How tables are wanted: in which form, and of which interval only the rows.

    A file of which no such table can be made is delivered as it is kept, unless it is ``strict``.
    """

    form: TableForm
    interval: Interval | None
    strict: bool = False

    def __str__(self) -> str:
        """The form and the interval in words."""
        return f"{self.form}, {self.interval}" if self.interval else self.form


def tables_wanted(form: str, start: str, end: str, *, strict: bool = False) -> Tables | None:
    """Read how tables are wanted; None for files as they are kept.

    With an interval and no form they are cut and stay or become FITS. Raises WrongUsageError for an unknown
    form and an interval that is none.
    """
    if form == ORIGINAL or not (form or start or end):
        return None
    return Tables(known_table_form(form or "fits"), parse_interval(start, end), strict)


def columns_of(tables: Tables | None) -> dict[str, Any]:
    """Return how tables are wanted as an order keeps it."""
    if tables is None:
        return {}
    span = tables.interval or Interval("", "")
    return {"tables": tables.form, "cut_from": span.start, "cut_to": span.stop, "strict": tables.strict}


def tables_of(order: Order) -> Tables | None:
    """Return how an order wants its tables."""
    ends = Interval(order.cut_from, order.cut_to)
    if not order.tables:
        return None
    return Tables(known_table_form(order.tables), ends if ends.start or ends.stop else None, order.strict)


def cutting_of(archive: Home, tables: Tables, alive: Callable[[], object] = lambda: None) -> Cutting:
    """Return what makes the files of a part as wanted; ``alive`` is called before each.

    It raises DamageError for a stored file that is damaged, StorageError, and when ``strict``
    NotDerivedError.
    """

    def cut(part: Part) -> Part:
        items: list[DipItem] = []
        notes: dict[str, Mapping[str, object]] = {}
        for item in part.items:
            alive()
            made, note = _made(archive, tables, part, item)
            items.append(made)
            notes[made.path] = note
        return replace(part, items=tuple(items), derivations=notes)

    return cut


def _made(archive: Home, tables: Tables, part: Part, item: DipItem) -> tuple[DipItem, Mapping[str, object]]:
    """Return the file that is delivered instead of one, and what is told of it."""
    label = (
        ("derived from", f"{part.aip_id}@v{part.version}"),
        ("file", item.path),
        ("sha256", item.digests["sha256"]),
        ("made by", f"OAIS archive {software_version()}"),
    )
    place = _place(archive, tables, label)
    try:
        known = _kept(place) or _derive(tables, item, place, label)
    except NotDerivedError as error:
        if tables.strict:
            raise
        return item, {"whole": True, "reason": error.message}
    moment = archive.clock().timestamp()
    with storage_errors(f"keeping {place.name}"):
        os.utime(place, (moment, moment))
    path = f"{item.path}.{_suffix(tables)}"
    note = {**dict(label), "interval": str(tables.interval or ""), "tables": known["tables"]}
    return DipItem(path, place, known["size"], known["digests"]), note


def _suffix(tables: Tables) -> str:
    """Return what a derived file is called after its source."""
    span = tables.interval
    ends = (f"{end}Z" if end else "" for end in (span.start, span.stop)) if span else ()
    told = "_".join(end.replace("-", "").replace(":", "") for end in ends)
    return f"derived{'-' if told else ''}{told}.{EXTENSIONS[tables.form]}"


def _place(archive: Home, tables: Tables, label: Label) -> Path:
    wanted = json.dumps([tables.form, str(tables.interval), label])
    key = hashlib.sha256(wanted.encode()).hexdigest()
    return archive.dip_root / "derived" / key[:2] / key


def _facts_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.json")


def _kept(place: Path) -> dict[str, Any] | None:
    """Return what is known of a table that was made before, None when it is not there whole."""
    try:
        known: dict[str, Any] = json.loads(_facts_of(place).read_bytes())
        return known if known["size"] == place.stat().st_size else None
    except (OSError, ValueError, KeyError):
        return None


def _derive(tables: Tables, item: DipItem, place: Path, label: Label) -> dict[str, Any]:
    """Make a table and keep it; nothing is made of a stored file that is damaged."""
    if hash_file(item.source, ("sha512",)).digests.get("sha512") != item.digests["sha512"]:
        raise DamageError(
            f"{item.path} is not what was sealed",
            remedy="run an audit of this AIP and restore it from a copy",
        )
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    with storage_errors(f"making {place.name}"):
        make_directories(place.parent)
        try:
            made = derive_table(item.source, partial, tables.form, tables.interval, label)
            fixity = hash_file(partial, _DIGESTS)
            facts = {
                "size": partial.stat().st_size,
                "digests": dict(fixity.digests),
                "tables": [asdict(table) for table in made],
            }
            partial.replace(place)
            partial.write_bytes(readable_json(facts))
            partial.replace(_facts_of(place))
        finally:
            partial.unlink(missing_ok=True)
    return facts


def remove_derived(archive: Home, now: datetime) -> int:
    """Remove tables that nobody asked for since an order would have expired; return how many files.

    Raises StorageError.
    """
    oldest = (now - timedelta(days=archive.settings.order_days)).timestamp()
    removed = 0
    with storage_errors("clearing the room of derived tables"):
        for path in (archive.dip_root / "derived").glob("??/*"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
                removed += 1
    return removed
