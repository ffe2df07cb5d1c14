"""Search by words, place, time, target and identifier; every answer has an address of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access import Question
from oais.web.rendering import access_of, respond

_PARAMETERS = {"words": "q"}


class SearchForm(BaseModel):
    """What the form of the search page sends; see ``Question`` for what each part means."""

    model_config = ConfigDict(str_strip_whitespace=True, str_max_length=1000)

    q: str = ""
    mission: str = ""
    level: str = ""
    kind: str = ""
    target: str = ""
    product_type: str = ""
    dataproduct_type: str = ""
    cone: str = ""
    time: str = ""
    node: str = ""
    ids: str = ""
    order: str = ""
    page: int = 1
    per_page: int = 25

    def question(self) -> Question:
        """Return the form as a question to the archive."""
        return Question(words=self.q, **self.model_dump(exclude={"q"}))


def search(request: Request, form: Annotated[SearchForm, Query()]) -> Response:
    """Show what answers the question, with facets to narrow it and pages to leaf through."""
    question = form.question()
    view = access_of(request).find(question)
    return respond(request, "search.html", view, question=question, link=_Links(question))


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
