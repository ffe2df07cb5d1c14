"""Answers to ADQL as tables: what is written of them, and the commands that ask the same."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from oais.functions.access.views import as_plain
from oais.functions.access.views.adql import AdqlView
from oais.information.representation.derived_tables import Label
from oais.information.representation.listing import tabled
from oais.information.representation.rows import Field, Rows
from oais.information.representation.table_writing import write_csv, write_votable

PAGE: Final = "/search/adql"
"""Where a query is asked and its answer shown."""

SERVICE: Final = "/tap"
"""Where programs of the Virtual Observatory ask."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of table: what writes it, and how it is called."""

    write: Callable[[AdqlView, Label], bytes]
    media_type: str
    ending: str


def _csv(view: AdqlView, label: Label) -> bytes:
    out = io.BytesIO()
    write_csv(out, label, rows_of(view))
    return out.getvalue()


def _votable(view: AdqlView, label: Label) -> bytes:
    out = io.BytesIO()
    after = (("QUERY_STATUS", "OVERFLOW"),) if view.more else ()
    write_votable(out, (("QUERY_STATUS", "OK"), *label), [(rows_of(view), ())], after)
    return out.getvalue()


def _json(view: AdqlView, _label: Label) -> bytes:
    return json.dumps(as_plain(view), allow_nan=False).encode()


FORMS: Final[Mapping[str, Form]] = {
    "csv": Form(_csv, "text/csv; charset=utf-8", "csv"),
    "votable": Form(_votable, "application/x-votable+xml", "vot"),
    "json": Form(_json, "application/json", "json"),
}
"""The forms that an answer is had in."""


def rows_of(view: AdqlView) -> Rows:
    """Return an answer as a table."""
    fields = [
        Field(
            column.name,
            column.unit,
            column.code,
            ucd=column.ucd,
            utype=column.utype,
            description=column.description,
        )
        for column in view.columns
    ]
    return tabled("results", fields, view.rows)


def address_of_query(query: str, **more: str | int) -> str:
    """Return the address within the site that asks a query."""
    return f"{PAGE}?{urlencode({'query': query, **more})}"


def copied_query(base_url: str, query: str) -> dict[str, str]:
    """Return a query as commands to copy, by what runs them; whatever it holds, it stays one text there."""
    base = base_url.rstrip("/")
    plain = '"""' not in query and "\\" not in query and not query.endswith('"')
    said = f'"""{query}"""' if plain else repr(query)
    return {
        "curl": (
            f"curl -o rows.csv --get -d format=csv --data-urlencode {shlex.quote(f'query={query}')} \\\n"
            f"  {shlex.quote(base + PAGE)}"
        ),
        "pyvo": (
            f"import pyvo\n\nservice = pyvo.dal.TAPService({base + SERVICE!r})\n"
            f"rows = service.search({said}).to_table()"
        ),
    }
