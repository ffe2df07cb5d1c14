"""Questions and addresses: what an address of the search asks, and the addresses that ask the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import ImmutableMultiDict

from oais.errors import WrongUsageError
from oais.functions.access.columns import FIRST, OF_REFERENCES, Column, chosen_columns
from oais.functions.access.question import Question
from oais.information.text import printable
from oais.web.returning import PROFILE

_PARAMETERS: Final[Mapping[str, str]] = {"words": "q"}
_LONGEST: Final = 1_000
_MOST_LISTED: Final = 100
_TYPED: Final = tuple(part for part in fields(Question) if part.name not in ("among", "targets", "named"))
_OF_REFERENCES: Final = ("reference", "valid_from", "valid_to")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


def question_of(parameters: Mapping[str, str]) -> Question:
    """Return the question that an address asks; a part left out is as ``Question`` has it.

    Raises:
        WrongUsageError: a part is too long, or no number where one is expected.
    """
    given: dict[str, Any] = {}
    for part in _TYPED:
        name = _name(part.name)
        if name not in parameters:
            continue
        if isinstance(part.default, tuple):
            given[part.name] = tuple(_short(name, text) for text in _listed(parameters, name) if text)
            continue
        text = _short(name, parameters.get(name, ""))
        given[part.name] = _number(name, text) if isinstance(part.default, int) else text
    return Question(**given)


def as_typed(parameters: Mapping[str, str]) -> Question:
    """Return what was typed, even where it cannot be asked, so that the form can be filled in again."""
    texts: dict[str, Any] = {
        part.name: parameters.get(_name(part.name), part.default)[:_LONGEST]
        for part in _TYPED
        if isinstance(part.default, str)
    }
    return Question(**texts)


def _listed(parameters: Mapping[str, str], name: str) -> list[str]:
    if isinstance(parameters, ImmutableMultiDict):
        return parameters.getlist(name)[:_MOST_LISTED]
    return [parameters[name]]


def _name(part: str) -> str:
    """Return the parameter of a part of a question."""
    return _PARAMETERS.get(part, part)


def _short(name: str, text: str) -> str:
    if len(text.strip()) > _LONGEST:
        raise WrongUsageError(f"{name} has {len(text.strip())} characters; expected up to {_LONGEST}")
    return text.strip()


def parameter_names() -> list[str]:
    """Return what an address that asks a question may carry after ``?``."""
    return [*(_name(part.name) for part in _TYPED), PROFILE]


def parse_number(parameters: Mapping[str, str], name: str, default: int) -> int:
    """Return a parameter that is a whole number, or its default; raises WrongUsageError."""
    return _number(name, parameters[name].strip()) if name in parameters else default


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise WrongUsageError(f"{name} is {printable(text)!r}; expected a whole number")
    return int(text)


def columns_of(parameters: ImmutableMultiDict[str, str]) -> tuple[Column, ...]:
    """Return the columns that an address chooses; raises WrongUsageError."""
    given = parameters.getlist("columns")[:_MOST_LISTED]
    return chosen_columns((name for text in given for name in text.split(",")), _unsaid(parameters))


def _unsaid(asked: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a table where none is chosen: reference files are looked at by their validity."""
    return OF_REFERENCES if any(asked.get(part) for part in _OF_REFERENCES) else FIRST


_UNASKED: Final = asdict(Question())
"""A question that asks nothing: what an address leaves out."""


class Links:
    """Makes the address of the same question with some parts changed, within the same profile."""

    def __init__(self, question: Question, profile: str, columns: tuple[Column, ...] = FIRST) -> None:
        self._asked = asdict(question)
        self._within = {PROFILE: profile} if profile else {}
        if columns != _unsaid(self._asked):
            self._within["columns"] = ",".join(column.name for column in columns)

    def __call__(self, address: str = "/search", **changed: str | int) -> str:
        """Return the address; a change starts at page 1 unless it names a page."""
        parts = self._asked | {"page": 1} | changed
        said = {_name(name): value for name, value in parts.items() if value != _UNASKED[name]}
        given = self._within | said
        return f"{address}?{urlencode(given, doseq=True)}" if given else address

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters of the address, for a form that asks the same; it begins at page 1."""
        return parse_qsl(self().partition("?")[2])

    def table(self, form: str) -> str:
        """Return the address of all that answers as a table of this form."""
        address = self("/search/table", show="", per_page=Question().per_page)
        return f"{address}{'&' if '?' in address else '?'}format={form}"

    @property
    def centred(self) -> bool:
        """Whether distances from a centre are known."""
        return any(self._asked[part] for part in ("cone", "ra", "dec", "near"))

    def sorted_by(self, order: str) -> str:
        """Return the address of the same in this order, or turned round where it is that already."""
        return self(order=f"-{order}" if self._asked["order"] == order else order)

    def direction(self, order: str) -> str:
        """Return how the answer is sorted by this order, as ``aria-sort`` says it; empty when by another."""
        now = self._asked["order"]
        return "" if now.removeprefix("-") != order else "descending" if now.startswith("-") else "ascending"


def copied_commands(base_url: str, link: Links) -> dict[str, str]:
    """Return the same search as commands to copy, by what runs them."""
    base = base_url.rstrip("/")
    return {
        "curl": f"curl -o visits.csv '{base}{link.table('csv')}'",
        "wget": f"curl '{base}{link.table('urls')}' | wget --input-file=-",
        "Python": (
            "from astropy.table import Table\n"
            f'visits = Table.read("{base}{link.table("votable")}", format="votable")\n'
            "print(visits)"
        ),
    }
