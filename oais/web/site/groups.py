"""The desk's groups: made, filled and ended by administrators; their identifier decides, never their name."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.people.ends import end_named
from oais.functions.people.groups import add_member, end_group, new_group, remove_member
from oais.functions.people.views import group_view, group_views
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import respond
from oais.web.site.entrance import see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

PAGE: Final = "/desk/groups"


class NewGroupForm(Form):
    """A new group, and the last day on which it gives rights."""

    name: str
    description: str = ""
    until: str = ""


class GroupForm(Form):
    """Which group is meant, by identifier, and until when."""

    group: str
    until: str = ""


class MemberForm(GroupForm):
    """Who joins or leaves a group, by login."""

    person: str


def groups(request: Request) -> Response:
    """Show all groups that ever were."""
    return respond(request, "groups.html", {"groups": group_views(service_of(request))})


def group(request: Request, identifier: str) -> Response:
    """Show a group with its members."""
    return respond(request, "group.html", group_view(service_of(request), identifier))


def new(request: Request) -> Response:
    """Make a group."""
    form = form_of(request, NewGroupForm)
    by, until = principal_of(request).identifier, end_named(form.until)
    made = new_group(service_of(request), by, form.name, description=form.description, until=until)
    return _back(made.identifier)


def add(request: Request) -> Response:
    """Put somebody into a group, or change until when."""
    form = form_of(request, MemberForm)
    by, until = principal_of(request).identifier, end_named(form.until)
    add_member(service_of(request), by, form.group, form.person, until=until)
    return _back(form.group)


def remove(request: Request) -> Response:
    """Take somebody out of a group."""
    form = form_of(request, MemberForm)
    remove_member(service_of(request), principal_of(request).identifier, form.group, form.person)
    return _back(form.group)


def end(request: Request) -> Response:
    """End a group now, or at the end of a day."""
    form = form_of(request, GroupForm)
    by, until = principal_of(request).identifier, end_named(form.until)
    end_group(service_of(request), by, form.group, until=until)
    return _back(form.group)


def _back(identifier: str) -> Response:
    return see_other(f"{PAGE}/of/{quote(identifier, safe='')}")


DOORS: Final = (
    Door(PAGE, groups, Duty.MANAGE_PEOPLE),
    Door(PAGE, new, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/add", add, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/remove", remove, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/end", end, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/of/{{identifier}}", group, Duty.MANAGE_PEOPLE),
)
"""The doors of these pages."""
