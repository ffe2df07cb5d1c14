"""Search: by target, observation, reference file and words; every answer has an address of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.database.saved_queries import Profile
from oais.errors import WrongUsageError
from oais.functions.access.columns import FIRST, MORE, Column
from oais.functions.access.finding import PAGE_SIZES
from oais.functions.access.profiles import profile_of, within
from oais.functions.access.question import VISITS, Question
from oais.functions.people.saved import saved_profiles
from oais.information.description import CALIBRATED
from oais.web.adql_answers import copied_query
from oais.web.doors import Door
from oais.web.negotiation import wants_json
from oais.web.questions import Links, as_typed, columns_of, copied_commands, question_of
from oais.web.rendering import access_of, answer_json, respond, site_of
from oais.web.returning import PROFILE
from oais.web.visitors import principal_of, service_of
from policies.access import Action

SCIENCE_READY: Final = f"calib_level >= {CALIBRATED}"
"""What is calibrated and can be used as it is."""

_FOLDS: Final[Mapping[str, tuple[str, ...]]] = {
    "target": ("target", "mag_min", "mag_max", "ra", "dec", "near", "spectral_type", "cone"),
    "observation": (
        *("pi", "visit", "observation", "start", "stop", "observation_type", "proposal", "revision"),
        *("time", "ids", "request", "node", "where"),
    ),
    "reference": ("reference", "valid_from", "valid_to"),
}
"""The three forms and what of a question each asks; one that asked anything is shown unfolded."""


def search(request: Request) -> Response:
    """Show what answers the question, with facets to narrow it and pages to leaf through.

    Who fills the form in wrongly gets it back as it was filled in, with what is wrong.
    """
    try:
        question, columns = question_of(request.query_params), columns_of(request.query_params)
        profile = profile_here(request)
        asked = access_of(request).settled(within(question, profile))
        view = access_of(request).find(shown(asked))
    except WrongUsageError as error:
        if wants_json(request):
            raise
        return _told_wrong(request, error)
    return _page(request, view, question, columns, profile, asked=asked)


def _page(
    request: Request,
    view: object,
    question: Question,
    columns: tuple[Column, ...] = FIRST,
    profile: Profile | None = None,
    *,
    asked: Question | None = None,
    fault: WrongUsageError | None = None,
) -> Response:
    """Show the form as a ``question`` filled it in; ``asked`` is what was asked by it, profile and all."""
    link = Links(question, profile.identifier if profile else "", columns)
    base = site_of(request).archive.settings.base_url
    return respond(
        request,
        "search.html",
        view,
        status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        question=question,
        profile=profile,
        profiles=partial(profiles_of, request),
        link=link,
        columns=columns,
        all_columns=(*FIRST, *MORE),
        sizes=PAGE_SIZES,
        held=access_of(request).choices_held(),
        science_ready=science_ready(question.where),
        opened={name for name, parts in _FOLDS.items() if _asks(question, parts)},
        listed=partial(access_of(request).targets_kept, question.list),
        copied=partial(copied_commands, base),
        said_in_adql=partial(access_of(request).said_in_adql, asked or question),
        copied_query=partial(copied_query, base),
        fault=fault,
    )


def _told_wrong(request: Request, error: WrongUsageError) -> Response:
    """Show the form as it was filled in, as far as it can be shown."""
    return _page(request, None, as_typed(request.query_params), fault=error)


def _asks(question: Question, parts: Iterable[str]) -> bool:
    return any(getattr(question, part) != getattr(Question(), part) for part in parts)


@dataclass(frozen=True, slots=True)
class ScienceReady:
    """Whether conditions leave out raw data, and the conditions that a click on that would ask for."""

    asked: bool
    otherwise: str


def science_ready(where: str) -> ScienceReady:
    """Return whether the condition on calibrated data is among others, and these without or with it."""
    parts = [part.strip() for part in where.split(";") if part.strip()]
    asked = SCIENCE_READY in parts
    others = [part for part in parts if part != SCIENCE_READY]
    return ScienceReady(asked, "; ".join(others if asked else [*parts, SCIENCE_READY]))


def shown(question: Question) -> Question:
    """Return a question that asks for visits where it does not say for what."""
    return replace(question, show=question.show or VISITS)


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


def completions(request: Request) -> Response:
    """Tell how the name that is being typed into a field of the form may go on."""
    params = request.query_params
    facet = next((name for name in params if name != "field"), "target")
    found = access_of(request).names(params.get("field", facet), params.get(facet, "").strip())
    if wants_json(request):
        return answer_json({"names": found})
    return respond(request, "names.html", {"names": found})


DOORS: Final = (
    Door("/search", search, Action.READ_METADATA),
    Door("/search/names", completions, Action.READ_METADATA),
)
"""The doors of these pages."""
