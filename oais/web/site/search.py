"""Search by words, place, time, target and identifier; every answer has an address of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access import Question
from oais.web.rendering import access_of, respond

_Text = Annotated[str, Query(max_length=256)]
_PARAMETERS = {"words": "q"}


def search(
    request: Request,
    q: _Text = "",
    mission: _Text = "",
    level: _Text = "",
    kind: _Text = "",
    target: _Text = "",
    product_type: _Text = "",
    dataproduct_type: _Text = "",
    cone: _Text = "",
    time: _Text = "",
    node: _Text = "",
    ids: Annotated[str, Query(max_length=1000)] = "",
    order: Annotated[str, Query(max_length=20)] = "",
    page: int = 1,
    per_page: int = 25,
) -> Response:
    """Show what answers the question, with facets to narrow it and pages to leaf through."""
    question = Question(
        words=q.strip(),
        mission=mission,
        level=level,
        kind=kind,
        target=target.strip(),
        product_type=product_type,
        dataproduct_type=dataproduct_type,
        cone=cone.strip(),
        time=time.strip(),
        node=node.strip(),
        ids=ids.strip(),
        order=order,
        page=page,
        per_page=per_page,
    )
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
