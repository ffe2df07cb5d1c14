"""Search by words, place, time, target and identifier; every answer has an address of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import WrongUsageError
from oais.functions.access.finding import Question
from oais.information.text import printable
from oais.web.doors import Door
from oais.web.rendering import access_of, respond
from policies.access import Action

_PARAMETERS = {"words": "q"}
_LONGEST = 1_000
_NUMBER = re.compile(r"[0-9]{1,9}")


def search(request: Request) -> Response:
    """Show what answers the question, with facets to narrow it and pages to leaf through."""
    question = question_of(request.query_params)
    view = access_of(request).find(question)
    return respond(request, "search.html", view, question=question, link=_Links(question))


def question_of(parameters: Mapping[str, str]) -> Question:
    """Return the question that an address asks; a part left out is as ``Question`` has it.

    Raises:
        WrongUsageError: a part is too long, or no number where one is expected.
    """
    given: dict[str, Any] = {}
    for part in fields(Question):
        name = _PARAMETERS.get(part.name, part.name)
        text = parameters.get(name, "").strip()
        if len(text) > _LONGEST:
            raise WrongUsageError(f"{name} has {len(text)} characters; expected up to {_LONGEST}")
        if name in parameters:
            given[part.name] = _number(name, text) if isinstance(part.default, int) else text
    return Question(**given)


def parameter_names() -> list[str]:
    """Return what an address that asks a question may carry after ``?``."""
    return [_PARAMETERS.get(part.name, part.name) for part in fields(Question)]


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise WrongUsageError(f"{name} is {printable(text)!r}; expected a whole number")
    return int(text)


class _Links:
    """Makes the address of the same question with some parts changed."""

    def __init__(self, question: Question) -> None:
        self._asked = asdict(question)

    def __call__(self, **changed: str | int) -> str:
        """Return the address; a change starts at page 1 unless it names a page."""
        parts = self._asked | {"page": 1} | changed
        default = asdict(Question())
        given = {
            _PARAMETERS.get(name, name): value for name, value in parts.items() if value != default[name]
        }
        return f"/search?{urlencode(given)}" if given else "/search"


DOORS: Final = (Door("/search", search, Action.READ_METADATA),)
"""The doors of these pages."""
