"""The operations of people: accounts, groups, access codes asked for and used, what owners share, uploads."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Final

from oais.database import codes, requests
from oais.database.deposits import Deposit, DepositState
from oais.database.requests import Owner
from oais.errors import InvalidError
from oais.functions.codes import ALPHABET, WrongCodeError, code_request, issue_code, redeem_code
from oais.functions.deposit.addition import Addition
from oais.functions.deposit.uploads import Announcement, begin, own_deposit, upload_path
from oais.functions.mailing import send_due
from oais.functions.people.accounts import Entry, change_role, new_account, person_of
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import delegate, delegations_given
from oais.functions.people.groups import add_member, groups_listed, members_of, new_group
from policies.principals import Principal, Role, State
from proofs.storage.operation import Operation
from proofs.storage.world import World

_BROWSER, _NETWORK, _REQUEST = "b" * 43, "192.0.2.0/24", "tess:AO-1"
_CODE: Final = re.compile(rb"^    ([-%b]+)\r?$" % ALPHABET.encode(), re.MULTILINE)


def begun(world: World) -> None:
    """Make the database of people."""
    world.people.database.close()


def account(world: World, login: str, role: Role) -> None:
    """Make an active account and note whose it is."""
    entry = Entry(login, login.capitalize(), f"{login}@example.org")
    with world.people.database.writing() as connection:
        made = new_account(world.people, connection, entry, role, State.ACTIVE)
    world.facts[login] = made.identifier


def _make_group(world: World) -> None:
    with suppress(InvalidError):  # which says that there is one already
        new_group(world.people, OPERATOR, "team")


def _groups(world: World) -> Counter[str]:
    return Counter(f"group {group.name}" for group in groups_listed(world.people))


def _team(world: World) -> None:
    """Make a group, and somebody to be let into it or to be given a role."""
    world.facts["team"] = new_group(world.people, OPERATOR, "team").identifier
    account(world, "dan", Role.REGISTERED)


def _grant(world: World) -> None:
    """Open to somebody what is kept for a group."""
    add_member(world.people, OPERATOR, world.facts["team"], "dan")


def _promote(world: World) -> None:
    change_role(world.people, OPERATOR, "dan", Role.ARCHIVIST)


def _rights(world: World) -> Counter[str]:
    inside = members_of(world.people, world.facts["team"])
    return Counter([f"{len(inside)} in the team", f"dan is {person_of(world.people, 'dan').role}"])


def _ask_for_code(world: World) -> None:
    wish = code_request(world.people, browser=_BROWSER, network=_NETWORK, address="a@example.org")
    issue_code(world.people, wish)


def _mailed(world: World) -> None:
    """Ask for a code and read the letter that brings it."""
    _ask_for_code(world)
    send_due(world.people)
    letters = [path.read_bytes() for path in (world.home / "mail").rglob("*") if path.is_file()]
    (world.facts["code"],) = (found[1].decode() for text in letters if (found := _CODE.search(text)))


def _use_code(world: World) -> None:
    with suppress(WrongCodeError):  # which says that it was used; that it opened nothing the facts tell
        redeem_code(world.people, _BROWSER, world.facts["code"], network=_NETWORK)


def _downloads(world: World) -> Counter[str]:
    with world.people.database.reading() as connection:
        return Counter({"download session": sum(number for _, _, number in codes.opened(connection))})


def _owner(world: World) -> None:
    """Make an owner of an observation request, and a colleague."""
    for login in ("pia", "dan"):
        account(world, login, Role.REGISTERED)
    with world.people.database.writing() as connection:
        requests.assign(connection, [Owner(_REQUEST, world.facts["pia"], "PI")])


def _share(world: World) -> None:
    with suppress(InvalidError):  # which says that it is shared already
        delegate(world.people, world.facts["pia"], _REQUEST, "dan")


def _shared(world: World) -> Counter[str]:
    return Counter(f"shared {one.request}" for one in delegations_given(world.people, world.facts["pia"]))


_DELIVERY: Final = b"some bytes of a container, which nobody opens here"


def _sender(world: World) -> Principal:
    return Principal(identifier=world.facts["pat"], role=Role.PROVIDER, agreements=frozenset({"generic"}))


def _upload_begun(world: World) -> None:
    """Begin an upload of which nothing came yet."""
    account(world, "pat", Role.PROVIDER)
    deposit = begin(world.people, _sender(world), Announcement("one.tar", len(_DELIVERY)))
    world.facts["deposit"] = deposit.identifier


def _uploaded(world: World) -> Deposit:
    return own_deposit(world.people, _sender(world), world.facts["deposit"])


def _upload(world: World) -> None:
    """Send what is missing, as a sender does who asked how far the upload stands."""
    known = _uploaded(world)
    if known.state is not DepositState.UPLOADING:
        return
    addition = Addition(world.people, _sender(world), known.identifier, offset=known.offset)
    try:
        addition.add(_DELIVERY[known.offset :])
        addition.finish()
    finally:
        addition.close()


def _bytes_kept(world: World) -> Counter[str]:
    """What was acknowledged of the upload, with the bytes that lie there for it."""
    known = _uploaded(world)
    kept = upload_path(world.archive, known).read_bytes()[: known.offset]
    return Counter([f"upload {known.state}, {kept!r}"])


OPERATIONS: Final = (
    Operation("people", lambda world: world.people),
    Operation("group", _make_group, begun, _groups),
    Operation("grant", _grant, _team, _rights),
    Operation("role", _promote, _team, _rights),
    Operation("code", _ask_for_code, begun),
    Operation("code used", _use_code, _mailed, _downloads, later=timedelta(minutes=1)),
    Operation("delegation", _share, _owner, _shared),
    Operation("upload", _upload, _upload_begun, _bytes_kept),
)
