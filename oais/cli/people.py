"""What administrators do with accounts on the archive's own machine: the first one, approvals, roles."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import (
    Account,
    AsJson,
    Email,
    FullName,
    Home,
    RoleWord,
    Until,
    end_from,
    opened_service,
    text_of,
)
from oais.cli.terminal import counted, out, print_json, print_pairs, table

if TYPE_CHECKING:
    from oais.functions.people.views import PersonView

admin_app = typer.Typer(help="Make the first administrator.", no_args_is_help=True)
person_app = typer.Typer(help="Look after the accounts of people.", no_args_is_help=True)

_STAYS = (
    "the log of security events, by identifiers alone but for lines about imports of accounts that earlier "
    "releases wrote; records of withdrawals, with the username; packages; older backups"
)
"""What the erasure of an account leaves, as the page says it (docs/people.md tells why)."""


@admin_app.command("create")
def admin_create(
    login: Account, name: FullName, email: Email, home: Home = None, as_json: AsJson = False
) -> None:
    """Make an administrator; the password is asked for, or is the first line of standard input."""
    from oais.functions.people.accounts import Entry, create_administrator
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        password = (
            typer.prompt("Password", hide_input=True, confirmation_prompt=True)
            if sys.stdin.isatty()
            else sys.stdin.readline().rstrip("\r\n")
        )
        made = create_administrator(service, Entry(login, name, email), password)
        _show(person_view(service, made), as_json)


@person_app.command("list")
def person_list(
    text: Annotated[str, typer.Argument(help="Part of a login, name or address.")] = "",
    role: Annotated[str, typer.Option(help="Only this role.")] = "",
    state: Annotated[str, typer.Option(help="Only this state: active, pending, disabled, expired.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the accounts."""
    from oais.functions.people.accounts import people_listed
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        found = people_listed(service, role=role, state=state, text=text)
        _show_all([person_view(service, person) for person in found], as_json)


@person_app.command("show")
def person_show(login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """Show an account with all that belongs to it."""
    from dataclasses import asdict

    from oais.functions.people.accounts import person_of
    from oais.functions.people.views import account_view

    with opened_service(home) as service:
        told = account_view(service, person_of(service, login).identifier)
        if as_json:
            print_json(asdict(told))
            return
        _show(told.person, as_json)
        requests = (f"{owner.request} ({owner.role})" for owner in told.requests)
        received = (given.request for given in told.delegations_received if given.in_force)
        print_pairs(
            (
                ("requests", ", ".join(requests)),
                ("groups", ", ".join(f"{group.name} {group.identifier}" for group in told.groups)),
                ("delegated to him", ", ".join(received)),
                ("sessions", len(told.sessions)),
                ("tokens", sum(token.in_force for token in told.tokens)),
            )
        )


@person_app.command("approve")
def person_approve(login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """Let a new account be used, and tell its owner by mail."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.registration import approve
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        _show(person_view(service, approve(service, OPERATOR, login)), as_json)


@person_app.command("refuse")
def person_refuse(
    login: Account,
    reason: Annotated[str, typer.Option(help="Told to the owner by mail.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Delete a new account that waits for approval."""
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.registration import refuse

    with opened_service(home) as service:
        refuse(service, OPERATOR, login, reason)
    print_json({"refused": login}) if as_json else out.print(f"refused and deleted {escape(login)}")


@person_app.command("disable")
def person_disable(login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """Let an account be used no more: its sessions, tokens and delegations end at once."""
    from oais.functions.people.accounts import disable
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        _show(person_view(service, disable(service, OPERATOR, login)), as_json)


@person_app.command("enable")
def person_enable(login: Account, home: Home = None, as_json: AsJson = False) -> None:
    """Let a disabled account be used again."""
    from oais.functions.people.accounts import enable
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        _show(person_view(service, enable(service, OPERATOR, login)), as_json)


@person_app.command("erase")
def person_erase(
    login: Account,
    heir: Annotated[
        str, typer.Option(help="Login of whoever takes over observation requests that would have no owner.")
    ] = "",
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Erase an account for good with all that is personal; without --yes it is told first what goes."""
    from dataclasses import asdict

    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.erasure import erase, erasure_view

    with opened_service(home) as service:
        view = erasure_view(service, login)
        plain = asdict(view)
        if not sure and as_json:
            print_json(plain | {"erased": False})
            return
        if not sure:
            print_pairs((name, value) for name, value in plain.items() if name != "alone")
            print_pairs([("owns alone", ", ".join(view.alone)), ("stays", _STAYS)])
            refused = view.last_administrator or view.deliveries or (view.alone and not heir)
            if not refused:  # else nothing is asked: the refusal below says why, and what to do
                typer.confirm("Erase it for good?", abort=True)
        erase(service, OPERATOR, view.identifier, heir=heir)
    print_json(plain | {"erased": True}) if as_json else out.print(f"erased {escape(view.login)}")


@person_app.command("limit")
def person_limit(login: Account, until: Until = "", home: Home = None, as_json: AsJson = False) -> None:
    """Set when an account expires; without --until it never does."""
    from oais.functions.people.accounts import limit
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        _show(person_view(service, limit(service, OPERATOR, login, end_from(until))), as_json)


@person_app.command("role")
def person_role(login: Account, role: RoleWord, home: Home = None, as_json: AsJson = False) -> None:
    """Give an account another role."""
    from oais.functions.people.accounts import change_role
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.views import person_view
    from policies.principals import Role

    with opened_service(home) as service:
        _show(person_view(service, change_role(service, OPERATOR, login, Role(role))), as_json)


@person_app.command("import")
def person_import(
    path: Annotated[Path, typer.Argument(help="CSV with the columns login,name,email,role,requests.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make the accounts of a proposal list; each person is mailed how to set a password."""
    from dataclasses import asdict

    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.registration import import_people

    text = text_of(path)
    with opened_service(home) as service:
        told = import_people(service, OPERATOR, text)
    if as_json:
        print_json(asdict(told))
        return
    made, known = counted(len(told.made), "account"), len(told.known)
    out.print(f"made {made}, {known} were there already, {counted(told.requests, 'request')} assigned")


@person_app.command("provider")
def person_provider(
    login: Account,
    name: FullName,
    email: Email,
    agreement: Annotated[list[str], typer.Option("--agreement", "-a", help="It may deliver under it.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make the machine account of a provider, bound to agreements; 'oais token new' gives it a token."""
    from oais.functions.people.accounts import Entry, create_provider
    from oais.functions.people.authority import OPERATOR
    from oais.functions.people.views import person_view

    with opened_service(home) as service:
        made = create_provider(service, OPERATOR, Entry(login, name, email), agreement)
        _show(person_view(service, made), as_json)


def _show(person: PersonView, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json(asdict(person))
    else:
        plain = asdict(person) | {"agreements": ", ".join(person.agreements)}
        print_pairs((name.replace("_", " "), value) for name, value in plain.items())


def _show_all(people: Iterable[PersonView], as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json({"people": [asdict(person) for person in people]})
        return
    shown = table("login", "name", "address", "role", "state", "last login")
    for person in people:
        cells = (
            person.login,
            person.name,
            person.email,
            person.role,
            person.state,
            person.last_login_at or "",
        )
        shown.add_row(*map(escape, cells))
    out.print(shown)
