"""What people may by more than their role: groups, tokens, and delegations of observation requests."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import Account, AsJson, Home, Until, end_from, opened_service
from oais.cli.terminal import out, print_json, print_pairs, table

if TYPE_CHECKING:
    from oais.functions.people.views import DelegationView, GroupView

group_app = typer.Typer(help="Make and fill groups of people.", no_args_is_help=True)
token_app = typer.Typer(help="Make and revoke API tokens.", no_args_is_help=True)
delegate_app = typer.Typer(
    help="Share observation requests of a PI with registered people.", no_args_is_help=True
)

GroupId = Annotated[str, typer.Argument(help="The group's identifier; its name decides nothing.")]
OwnerLogin = Annotated[str, typer.Option("--owner", help="Login of the PI or co-PI.")]


@group_app.command("new")
def group_new(
    name: Annotated[str, typer.Argument(help="Name for people.")],
    description: Annotated[str, typer.Option(help="Who is in it, and why.")] = "",
    until: Until = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a group; policies name it by the identifier that is printed."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.groups import new_group
    from oais.functions.people.views import group_view

    with opened_service(home) as service:
        made = new_group(service, OPERATOR, name, description=description, until=end_from(until))
        _show_group(group_view(service, made.identifier), as_json)


@group_app.command("add")
def group_add(
    group: GroupId, login: Account, until: Until = "", home: Home = None, as_json: AsJson = False
) -> None:
    """Put somebody into a group, or change until when he is in it."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.groups import add_member
    from oais.functions.people.views import group_view

    with opened_service(home) as service:
        add_member(service, OPERATOR, group, login, until=end_from(until))
        _show_group(group_view(service, group), as_json)


@group_app.command("remove")
def group_remove(group: GroupId, login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """Take somebody out of a group, effective at his next request."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.groups import remove_member
    from oais.functions.people.views import group_view

    with opened_service(home) as service:
        remove_member(service, OPERATOR, group, login)
        _show_group(group_view(service, group), as_json)


@group_app.command("end")
def group_end(group: GroupId, until: Until = "", home: Home = None, as_json: AsJson = False) -> None:
    """Set when a group ends (without --until: now); it gives no right from then on."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.groups import end_group
    from oais.functions.people.views import group_view

    with opened_service(home) as service:
        end_group(service, OPERATOR, group, until=end_from(until))
        _show_group(group_view(service, group), as_json)


@group_app.command("list")
def group_list(home: Home = None, as_json: AsJson = False) -> None:
    """List the groups with their members."""
    from oais.functions.people.views import group_views

    with opened_service(home) as service:
        found = group_views(service)
    if as_json:
        print_json({"groups": [asdict(group) for group in found]})
        return
    shown = table("identifier", "name", "until", "members", unbroken=32)
    for group in found:
        members = ", ".join(member.login for member in group.members)
        shown.add_row(*map(escape, (group.identifier, group.name, group.until or "", members)))
    out.print(shown)


@token_app.command("new")
def token_new(
    login: Account,
    scope: Annotated[
        list[str], typer.Option(help="What it may be used for: read, download, deposit, account, administer.")
    ],
    name: Annotated[str, typer.Option(help="What it is for, so that it can be told from others.")],
    days: Annotated[int, typer.Option(help="How many days it counts.")] = 90,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make an API token for an account; it is shown this once and kept nowhere."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.tokens import make_token
    from oais.functions.people.views import token_view

    with opened_service(home) as service:
        made = make_token(service, OPERATOR, login, name, scope, days)
        told = token_view(service, made.token)
    if as_json:
        print_json(asdict(told) | {"token": made.secret})
        return
    print_pairs(
        (("identifier", told.identifier), ("scopes", " ".join(told.scopes)), ("until", told.expires_at))
    )
    out.print(f"\n{made.secret}\n\ncopy it now: it is kept nowhere and never shown again")


@token_app.command("list")
def token_list(login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """List the tokens an account ever had."""
    from oais.functions.people.accounts import person_of
    from oais.functions.people.views import token_views

    with opened_service(home) as service:
        found = token_views(service, person_of(service, login).identifier)
    if as_json:
        print_json({"tokens": [asdict(token) for token in found]})
        return
    shown = table("identifier", "name", "scopes", "until", "in force", unbroken=32)
    for token in found:
        cells = (token.identifier, token.name, " ".join(token.scopes), token.expires_at)
        shown.add_row(*map(escape, cells), "yes" if token.in_force else "no")
    out.print(shown)


@token_app.command("revoke")
def token_revoke(
    identifier: Annotated[str, typer.Argument(help="The token's identifier, not the token.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a token be used no more."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.tokens import revoke_token

    with opened_service(home) as service:
        revoke_token(service, OPERATOR, identifier)
    print_json({"revoked": identifier}) if as_json else out.print(f"revoked {escape(identifier)}")


@delegate_app.command("new")
def delegate_new(
    request: Annotated[str, typer.Argument(help="The observation request.")],
    owner: OwnerLogin,
    to: Annotated[str, typer.Option("--to", help="Login of the registered person.")],
    until: Until = "",
    note: Annotated[str, typer.Option(help="For both to read.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Share an observation request in the name of its owner; the person is told by mail."""
    from oais.functions.people.accounts import person_of
    from oais.functions.people.delegation import delegate
    from oais.functions.people.views import delegation_view

    with opened_service(home) as service:
        giver = person_of(service, owner).identifier
        made = delegate(service, giver, request, to, until=end_from(until), note=note)
        _show_delegation(delegation_view(service, made), as_json)


@delegate_app.command("edit")
def delegate_edit(
    identifier: Annotated[str, typer.Argument(help="The delegation's identifier.")],
    owner: OwnerLogin,
    until: Until = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Change until when a delegation holds; without --until it has no end of its own."""
    from oais.functions.people.accounts import person_of
    from oais.functions.people.delegation import edit_delegation
    from oais.functions.people.views import delegation_view

    with opened_service(home) as service:
        giver = person_of(service, owner).identifier
        changed = edit_delegation(service, giver, identifier, until=end_from(until))
        _show_delegation(delegation_view(service, changed), as_json)


@delegate_app.command("cancel")
def delegate_cancel(
    identifier: Annotated[str, typer.Argument(help="The delegation's identifier.")],
    owner: OwnerLogin,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End a delegation, effective at the delegate's next request."""
    from oais.functions.people.accounts import person_of
    from oais.functions.people.delegation import cancel_delegation
    from oais.functions.people.views import delegation_view

    with opened_service(home) as service:
        cancelled = cancel_delegation(service, person_of(service, owner).identifier, identifier)
        _show_delegation(delegation_view(service, cancelled), as_json)


@delegate_app.command("list")
def delegate_list(login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """List what somebody ever delegated, and what was ever delegated to him."""
    from oais.functions.people.accounts import person_of
    from oais.functions.people.views import delegation_views

    with opened_service(home) as service:
        person = person_of(service, login).identifier
        given = delegation_views(service, person, received=False)
        received = delegation_views(service, person, received=True)
    if as_json:
        told = {"given": given, "received": received}
        print_json({name: [asdict(one) for one in found] for name, found in told.items()})
        return
    shown = table("identifier", "request", "owner", "delegate", "until", "in force", unbroken=32)
    for one in (*given, *received):
        cells = (one.identifier, one.request, one.owner, one.delegate, one.until or "")
        shown.add_row(*map(escape, cells), "yes" if one.in_force else "no")
    out.print(shown)


def _show_group(group: GroupView, as_json: bool) -> None:
    if as_json:
        print_json(asdict(group))
        return
    members = (
        f"{member.login} (until {member.until})" if member.until else member.login for member in group.members
    )
    print_pairs(
        (
            ("identifier", group.identifier),
            ("name", group.name),
            ("description", group.description),
            ("until", group.until),
            ("members", ", ".join(members)),
        )
    )


def _show_delegation(delegation: DelegationView, as_json: bool) -> None:
    plain = asdict(delegation)
    print_json(plain) if as_json else print_pairs(
        (name.replace("_", " "), value) for name, value in plain.items()
    )
