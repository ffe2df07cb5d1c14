"""Lists of targets for programs: kept under a name that a search asks for, and told line by line."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.rendering import access_of, answer_json
from oais.web.site.target_list import ListForm, keep_here
from policies.access import Action


def keep(request: Request, wish: ListForm) -> Response:
    """Keep a list of targets, one a line, for 30 days or as long as a saved search asks for it.

    The answer tells what is held of each line; ``/api/v1/search?list=IDENTIFIER`` finds their visits.
    """
    identifier = keep_here(request, wish.targets, wish.radius)
    return answer_json(access_of(request).targets_kept(identifier), HTTPStatus.CREATED)


def show(request: Request, identifier: str) -> Response:
    """Tell what is held of each line of a list, and which lines could not be resolved."""
    return answer_json(access_of(request).targets_kept(identifier))


DOORS: Final = (
    Door(f"{ROOT}/lists", keep, Action.READ_METADATA, ("POST",)),
    Door(f"{ROOT}/lists/{{identifier}}", show, Action.READ_METADATA),
)
"""The doors of these programs."""
