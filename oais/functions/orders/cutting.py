"""Tables cut to an interval or written in another format on their way out, each labelled as derived.

What is made lies below ``dip/derived`` under a name that its bytes follow from, so that a download can go
on and an order that is built again finds it; it may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dip.order import DipItem
from oais.archive import Home
from oais.database.orders import Order
from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.files import make_directories
from oais.functions.dissemination import Cutting, Part
from oais.information.fixity import hash_file
from oais.information.representation.derived_tables import (
    EXTENSIONS,
    DerivedTable,
    Label,
    TableForm,
    table_place,
)
from oais.information.representation.deriving import NotDerivedError, derive_table, known_table_form
from oais.information.representation.intervals import Interval, parse_interval
from oais.information.software import software_version
from oais.information.text import printable, readable_json

ORIGINAL = "original"
"""The word for files as they are kept."""

_DIGESTS = ("sha256", "sha512")
_NOT_NAME = re.compile(r"[^A-Za-z0-9._+-]+")


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
            for made, note in _made(archive, tables, part, item):
                items.append(made)
                notes[made.path] = note
        return replace(part, items=tuple(items), derivations=notes)

    return cut


def _made(
    archive: Home, tables: Tables, part: Part, item: DipItem
) -> list[tuple[DipItem, Mapping[str, object]]]:
    """Return the files that are delivered instead of one, and what is told of each."""
    label = (
        ("derived from", f"{part.aip_id}@v{part.version}"),
        ("file", item.path),
        ("sha256", item.digests["sha256"]),
        ("made by", f"OAIS archive {software_version()}"),
    )
    place = _place(archive, tables, label)
    try:
        known = _kept(place) or _derive(tables, item, place, label)
        _check_whole(tables, item, known)
    except NotDerivedError as error:
        if tables.strict:
            raise
        return [(item, {"whole": True, "reason": error.message})]
    told = {**dict(label), "interval": str(tables.interval or "")}
    return [
        (
            DipItem(f"{item.path}.{_suffix(tables, file['name'])}", path, file["size"], file["digests"]),
            {**told, "tables": file["tables"]},
        )
        for path, file in _touched(archive, place, known)
    ]


def _check_whole(tables: Tables, item: DipItem, known: Mapping[str, Any]) -> None:
    """Raise NotDerivedError when all tables are demanded and one was left out."""
    left_out = [table for file in known["files"] for table in file["tables"] if table["left_out"]]
    if left_out and tables.strict:
        name, reason = left_out[0]["table"], left_out[0]["left_out"]
        raise NotDerivedError(
            f"{printable(item.path)}: the table {printable(name)} is left out: {printable(reason)}",
            remedy="take the original",
        )


def _touched(archive: Home, place: Path, known: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the files of what was made, kept from now on as long as an order would be."""
    moment = archive.clock().timestamp()
    for number, file in enumerate(known["files"]):
        path = table_place(place, number)
        with storage_errors(f"keeping {path.name}"):
            os.utime(path, (moment, moment))
        yield path, file


def _suffix(tables: Tables, name: str) -> str:
    """Return what a derived file is called after its source; ``name`` is its table's, if it has several."""
    span = tables.interval
    ends = (f"{end}Z" if end else "" for end in (span.start, span.stop)) if span else ()
    told = "_".join(end.replace("-", "").replace(":", "") for end in ends)
    table = f".{name}" if name else ""
    return f"derived{'-' if told else ''}{told}{table}.{EXTENSIONS[tables.form]}"


def _place(archive: Home, tables: Tables, label: Label) -> Path:
    wanted = json.dumps([tables.form, str(tables.interval), label])
    key = hashlib.sha256(wanted.encode()).hexdigest()
    return archive.dip_root / "derived" / key[:2] / key


def _facts_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.json")


def _kept(place: Path) -> dict[str, Any] | None:
    """Return what is known of tables that were made before, None when they are not there whole."""
    try:
        known: dict[str, Any] = json.loads(_facts_of(place).read_bytes())
        sizes = [table_place(place, number).stat().st_size for number in range(len(known["files"]))]
        return known if sizes == [file["size"] for file in known["files"]] else None
    except (OSError, ValueError, KeyError):
        return None


def _derive(tables: Tables, item: DipItem, place: Path, label: Label) -> dict[str, Any]:
    """Make tables and keep them; nothing is made of a stored file that is damaged."""
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
            facts = {"files": _files_of(tables, partial, made)}
            for number in range(len(facts["files"])):
                table_place(partial, number).replace(table_place(place, number))
            partial.write_bytes(readable_json(facts))
            partial.replace(_facts_of(place))
        finally:
            for left in partial.parent.glob(f"{partial.name}*"):
                left.unlink(missing_ok=True)
    return facts


def _files_of(tables: Tables, partial: Path, made: Sequence[DerivedTable]) -> list[dict[str, Any]]:
    """Return the files that were made with their tables: as CSV one each, named when there are several."""
    written = [table for table in made if not table.left_out]
    apart = tables.form == "csv"
    names = _names([table.table for table in written]) if apart and len(written) > 1 else [""]
    left_out = [table for table in made if table.left_out]
    files = []
    for number, name in enumerate(names):
        path = table_place(partial, number)
        inside = [written[number], *left_out] if apart else made
        fixity = hash_file(path, _DIGESTS)
        facts = {"name": name, "size": path.stat().st_size, "digests": dict(fixity.digests)}
        files.append({**facts, "tables": [asdict(table) for table in inside]})
    return files


def _names(tables: Sequence[str]) -> list[str]:
    """Return names of tables as they may stand in a file's name, numbered where they are not each once."""
    names = [_NOT_NAME.sub("-", table).strip("-.")[:60] for table in tables]
    if all(names) and len({name.casefold() for name in names}) == len(names):
        return names
    return [f"{number}-{name}".rstrip("-") for number, name in enumerate(names, start=1)]


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
