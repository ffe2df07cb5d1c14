"""For administrators: groups and who is in them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.people.ends import end_named
from oais.functions.people.groups import add_member, end_group, new_group, remove_member
from oais.functions.people.views import group_view, group_views
from oais.web.api.account import done
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.forms import Form
from oais.web.rendering import answer_json
from oais.web.site.groups import NewGroupForm
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

_GROUPS: Final = f"{ROOT}/groups"
_GROUP: Final = f"{_GROUPS}/{{identifier}}"
_MEMBER: Final = f"{_GROUP}/members/{{login}}"


class Until(Form):
    """The last day on which it holds, or a moment; empty is for good, or for ending a group now."""

    until: str = ""


def groups(request: Request) -> Response:
    """List all groups that ever were."""
    return answer_json(group_views(service_of(request)))


def group(request: Request, identifier: str) -> Response:
    """Tell of a group and its members."""
    return answer_json(group_view(service_of(request), identifier))


def new(request: Request, body: NewGroupForm) -> Response:
    """Make a group."""
    service, by, until = service_of(request), principal_of(request).identifier, end_named(body.until)
    made = new_group(service, by, body.name, description=body.description, until=until)
    return answer_json(group_view(service, made.identifier), HTTPStatus.CREATED)


def end(request: Request, identifier: str, body: Until) -> Response:
    """End a group now, or at the end of a day or at a moment."""
    service, by = service_of(request), principal_of(request).identifier
    end_group(service, by, identifier, until=end_named(body.until))
    return answer_json(group_view(service, identifier))


def join(request: Request, identifier: str, login: str, body: Until) -> Response:
    """Put somebody into a group, or change until when."""
    service, by = service_of(request), principal_of(request).identifier
    add_member(service, by, identifier, login, until=end_named(body.until))
    return answer_json(group_view(service, identifier))


def leave(request: Request, identifier: str, login: str) -> Response:
    """Take somebody out of a group."""
    remove_member(service_of(request), principal_of(request).identifier, identifier, login)
    return done()


DOORS: Final = (
    Door(_GROUPS, groups, Duty.MANAGE_PEOPLE),
    Door(_GROUPS, new, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(_GROUP, group, Duty.MANAGE_PEOPLE),
    Door(f"{_GROUP}/end", end, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(_MEMBER, join, Duty.MANAGE_PEOPLE, ("PUT",)),
    Door(_MEMBER, leave, Duty.MANAGE_PEOPLE, ("DELETE",)),
)
"""The doors of these answers."""
