"""Search by words, place, time, target and identifier; every answer has an address of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from oais.database.saved_queries import Profile
from oais.errors import WrongUsageError
from oais.functions.access.finding import Question
from oais.functions.access.profiles import profile_of, within
from oais.functions.people.saved import saved_profiles
from oais.information.text import printable
from oais.web.doors import Door
from oais.web.rendering import access_of, respond
from oais.web.returning import PROFILE
from oais.web.visitors import principal_of, service_of
from policies.access import Action

_PARAMETERS = {"words": "q"}
_LONGEST = 1_000
_TYPED: Final = tuple(part for part in fields(Question) if part.name != "among")
_NUMBER = re.compile(r"[0-9]{1,9}")


def search(request: Request) -> Response:
    """Show what answers the question, with facets to narrow it and pages to leaf through."""
    question, profile = question_of(request.query_params), profile_here(request)
    view = access_of(request).find(within(question, profile))
    link = _Links(question, profile.identifier if profile else "")
    profiles = partial(profiles_of, request)
    return respond(
        request, "search.html", view, question=question, profile=profile, profiles=profiles, link=link
    )


def profile_here(request: Request, given: Mapping[str, str] | None = None) -> Profile | None:
    """Return the profile that an address names, or what is ``given``.

    Raises NotFoundError unless it is the asker's own.
    """
    identifier = (request.query_params if given is None else given).get(PROFILE, "").strip()
    return profile_of(service_of(request), principal_of(request), identifier) if identifier else None


def profiles_of(request: Request) -> list[Profile]:
    """Return the profiles of whoever asks, to choose one of; strangers have none."""
    person = principal_of(request).identifier
    return saved_profiles(service_of(request), person) if person else []


def question_here(request: Request, given: Mapping[str, str] | None = None) -> Question:
    """Return the question that an address asks, or what is ``given``, within the profile named there.

    Raises as ``question_of`` and ``profile_here``.
    """
    asked = request.query_params if given is None else given
    return within(question_of(asked), profile_here(request, asked))


def question_of(parameters: Mapping[str, str]) -> Question:
    """Return the question that an address asks; a part left out is as ``Question`` has it.

    Raises:
        WrongUsageError: a part is too long, or no number where one is expected.
    """
    given: dict[str, Any] = {}
    for part in _TYPED:
        name = _PARAMETERS.get(part.name, part.name)
        text = parameters.get(name, "").strip()
        if len(text) > _LONGEST:
            raise WrongUsageError(f"{name} has {len(text)} characters; expected up to {_LONGEST}")
        if name in parameters:
            given[part.name] = _number(name, text) if isinstance(part.default, int) else text
    return Question(**given)


def parameter_names() -> list[str]:
    """Return what an address that asks a question may carry after ``?``."""
    return [*(_PARAMETERS.get(part.name, part.name) for part in _TYPED), PROFILE]


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise WrongUsageError(f"{name} is {printable(text)!r}; expected a whole number")
    return int(text)


class _Links:
    """Makes the address of the same question with some parts changed, within the same profile."""

    def __init__(self, question: Question, profile: str) -> None:
        self._asked = asdict(question)
        self._within = {PROFILE: profile} if profile else {}

    def __call__(self, **changed: str | int) -> str:
        """Return the address; a change starts at page 1 unless it names a page."""
        parts = self._asked | {"page": 1} | changed
        default = asdict(Question())
        given = self._within | {
            _PARAMETERS.get(name, name): value for name, value in parts.items() if value != default[name]
        }
        return f"/search?{urlencode(given)}" if given else "/search"


DOORS: Final = (Door("/search", search, Action.READ_METADATA),)
"""The doors of these pages."""
