"""How people come to an account under each sign-up policy, and what a stranger learns of others: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oais.errors import InvalidError, NotFoundError, RefusedError, UnauthenticatedError
from oais.functions.people.accounts import Entry, people_listed, person_of
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import requests_of
from oais.functions.people.registration import (
    Registration,
    approve,
    confirm_registration,
    import_people,
    refuse,
    register,
    waiting_for_approval,
)
from oais.functions.service import Service
from oais.settings import SignUp
from tests.people.conftest import PASSWORD, People, text_of

HEAD = "login,name,email,role,requests\n"


def registration(login: str = "wilma", email: str = "wilma@example.org") -> Registration:
    return Registration(Entry(login, "Wilma Stone", email), PASSWORD, "I study transits.")


def state(service: Service, login: str) -> str:
    return person_of(service, login).state


def test_where_sign_up_is_open_a_confirmed_address_is_enough(people: People) -> None:
    """Before the link is opened the account is nothing; afterwards it can be used."""
    service = people.signing_up(SignUp.OPEN)
    register(service, registration())
    with pytest.raises(UnauthenticatedError):
        people.session("wilma")
    confirm_registration(service, people.secret("wilma@example.org", "/verify"))
    assert people.session("wilma")


def test_where_sign_up_is_moderated_an_administrator_approves(people: People) -> None:
    """A confirmed account waits in the queue, administrators and then its owner are told by mail."""
    service = people.signing_up(SignUp.MODERATED)
    register(service, registration())
    assert waiting_for_approval(service) == []
    with pytest.raises(RefusedError, match="not confirmed"):
        approve(service, people.administrator, "wilma")
    confirm_registration(service, people.secret("wilma@example.org", "/verify"))
    assert people.letters()[-1]["To"] == "rut@example.org"
    assert "waits for approval" in text_of(people.letters()[-1])
    with pytest.raises(UnauthenticatedError):
        people.session("wilma")
    assert [(one.login, one.purpose) for one in waiting_for_approval(service)] == [
        ("wilma", "I study transits.")
    ]
    approve(service, people.administrator, "wilma")
    assert people.session("wilma")
    assert "can be used now" in text_of(people.letters()[-1])
    assert waiting_for_approval(service) == []


def test_a_refused_account_leaves_nothing_but_the_event(
    people: People, events: Callable[[], list[str]]
) -> None:
    """What was entered is deleted, its owner hears why, and the login is free again."""
    service = people.signing_up(SignUp.MODERATED)
    register(service, registration())
    confirm_registration(service, people.secret("wilma@example.org", "/verify"))
    people.clock.move(seconds=1)
    refuse(service, people.administrator, "wilma", "Please ask your PI.")
    with pytest.raises(NotFoundError):
        person_of(service, "wilma")
    assert "Please ask your PI." in text_of(people.letters()[-1])
    assert events()[-1] == "account refused"
    register(service, registration())


def test_where_sign_up_is_closed_nobody_registers(people: People) -> None:
    """The refusal says how accounts are made instead."""
    with pytest.raises(RefusedError, match="accepted proposals"):
        register(people.signing_up(SignUp.CLOSED), registration())
    assert [person.login for person in people_listed(people.service)] == ["root.admin"]


@pytest.mark.parametrize(
    ("login", "email", "told"),
    [
        ("wilma", "other@example.org", "This login is taken"),
        ("other", "wilma@example.org", "has one"),
        ("other", "WILMA@EXAMPLE.ORG", "has one"),
        ("WILMA", "wilma@example.org", "has one"),
    ],
)
def test_a_taken_name_is_told_by_mail_only(people: People, login: str, email: str, told: str) -> None:
    """Whoever registers hears the same; only who reads that address learns what is taken."""
    people.member("wilma")
    before = person_of(people.service, "wilma")
    register(people.signing_up(SignUp.OPEN), registration(login, email))
    letter = people.letters()[-1]
    assert letter["To"].lower() == email.lower()
    assert told in text_of(letter)
    assert person_of(people.service, "wilma") == before
    assert len(people_listed(people.service)) == 2


@pytest.mark.parametrize(
    ("login", "email"),
    [("wilma", "new@example.org"), ("other", "wilma@example.org")],
    ids=["login", "address"],
)
def test_a_taken_name_floods_no_mailbox(people: People, login: str, email: str) -> None:
    """However often somebody registers it, an address hears once a day that the name is taken."""
    people.member("wilma")
    before = len(people.letters())
    for _ in range(3):
        register(people.signing_up(SignUp.OPEN), registration(login, email))
    assert len(people.letters()) == before + 1
    people.clock.move(days=1)
    register(people.signing_up(SignUp.OPEN), registration(login, email))
    assert len(people.letters()) == before + 2


def test_all_faults_are_told_at_once(people: People) -> None:
    """Login, name, address, password and purpose are judged together."""
    bad = Registration(Entry("ŵ", "", "nobody"), "short", "x" * 3000)
    with pytest.raises(InvalidError) as fault:
        register(people.signing_up(SignUp.OPEN), bad)
    for part in ("login", "name", "valid address", "at least 15", "purpose"):
        assert part in fault.value.message


@pytest.mark.parametrize(
    "login",
    ["", "a", "-ab", "ab-", "a b", "аdmin", "admın", "a@b", "x" * 33, "../x", "ad\u200bmin"],
)
def test_a_login_has_no_twins(login: str) -> None:
    """Only small ASCII letters, digits, dots and dashes make a login, so no two look alike."""
    with pytest.raises(InvalidError, match="login"):
        Entry(login, "Name", "x@example.org").checked()


def test_the_link_works_once_and_for_a_day(people: People) -> None:
    """A second opening, one after a day, and a made-up secret get the same answer."""
    service = people.signing_up(SignUp.OPEN)
    register(service, registration())
    secret = people.secret("wilma@example.org", "/verify")
    confirm_registration(service, secret)
    register(service, registration("fred", "fred@example.org"))
    late = people.secret("fred@example.org", "/verify")
    people.clock.move(days=1)
    for spent in (secret, late, "made up", ""):
        with pytest.raises(InvalidError, match="does not work"):
            confirm_registration(service, spent)


def test_a_login_is_free_again_when_nobody_opened_the_link(people: People) -> None:
    """An account that was never confirmed keeps nobody from its login after a day."""
    service = people.signing_up(SignUp.OPEN)
    register(service, registration(email="typo@example.org"))
    people.clock.move(days=1, seconds=1)
    register(service, registration())
    assert person_of(service, "wilma").email == "wilma@example.org"


def test_accounts_are_imported_from_a_proposal_list(people: People) -> None:
    """PIs and co-PIs get accounts with their requests, and a mail that lets them set a password."""
    pia, coco = "pia,Pia Rossi,pia@example.org,PI", "coco,Coco Li,coco@example.org,co-PI"
    text = f"{HEAD}{pia},tess:AO-1 tess:AO-2\n{coco},tess:AO-1\n"
    told = import_people(people.service, people.administrator, text)
    assert (told.made, told.known, told.requests) == (("pia", "coco"), (), 3)
    person = person_of(people.service, "pia").identifier
    owned = [(owner.request, owner.role) for owner in requests_of(people.service, person)]
    assert owned == [("tess:AO-1", "PI"), ("tess:AO-2", "PI")]
    assert {letter["To"] for letter in people.letters()} == {"pia@example.org", "coco@example.org"}
    assert all("/reset" in text_of(letter) for letter in people.letters())
    people.with_password("pia")
    assert people.session("pia")


def test_importing_again_adds_requests_and_no_account(people: People) -> None:
    """The list of the next call may name the same people; roles of accounts are never touched."""
    import_people(people.service, OPERATOR, HEAD + "pia,Pia Rossi,pia@example.org,PI,tess:AO-1\n")
    before = person_of(people.service, "pia")
    told = import_people(
        people.service, OPERATOR, HEAD + "pia,Other Name,PIA@example.org,co-PI,tess:AO-1;tess:AO-3\n"
    )
    assert (told.made, told.known) == ((), ("pia",))
    assert person_of(people.service, "pia") == before
    assert [(one.request, one.role) for one in requests_of(people.service, before.identifier)] == [
        ("tess:AO-1", "co-PI"),
        ("tess:AO-3", "co-PI"),
    ]


def test_a_bad_list_is_refused_whole_with_all_its_lines(people: People) -> None:
    """Nothing is imported when a line is bad; each bad line is named."""
    rows = (
        "good,Good One,good@example.org,PI,tess:AO-1",
        "bad login,Name,x@example.org,PI,tess:AO-1",
        "nomail,Name,nomail,PI,tess:AO-1",
        "boss,Name,boss@example.org,administrator,tess:AO-1",
        "none,Name,none@example.org,PI,",
        "many,Name,many@example.org,PI,tess:AO-1,more",
        "few,Name",
        "bare,Name,bare@example.org,PI,tess:AO-1 AO-2",
        "other,Name,other@example.org,PI,nowhere:AO-1",
        "unnamed,Name,unnamed@example.org,PI,tess:",
        "mixed,Name,mixed@example.org,PI,tess:AO-1 tess:AO-2;tess:AO-3",
    )
    with pytest.raises(InvalidError) as fault:
        import_people(people.service, OPERATOR, HEAD + "\n".join(rows) + "\n")
    assert [line.split(":")[0] for line in fault.value.message.splitlines()] == [
        f"line {number}" for number in range(3, 13)
    ]
    assert "found the request 'AO-2', expected MISSION:NAME" in fault.value.message
    assert [person.login for person in people_listed(people.service)] == ["root.admin"]


def test_a_request_may_have_spaces_in_its_name(people: People) -> None:
    """Semicolons part such requests, also a single one; what parts the name from its mission is a colon."""
    rows = "pia,Pia,pia@example.org,PI,tess:OR 1;\ncoco,Coco,coco@example.org,co-PI, tess:OR 1 ; tess:a:b;\n"
    assert import_people(people.service, OPERATOR, HEAD + rows).requests == 3
    owned = [
        [one.request for one in requests_of(people.service, person_of(people.service, login).identifier)]
        for login in ("pia", "coco")
    ]
    assert owned == [["tess:OR 1"], ["tess:OR 1", "tess:a:b"]]


def test_a_list_cannot_take_over_an_account(people: People) -> None:
    """A known login with another address, and a known address with another login, refuse the list."""
    rows = "root.admin,Rut,evil@example.org,PI,tess:AO-1\nnew,New,rut@example.org,PI,tess:AO-1\n"
    with pytest.raises(InvalidError, match="another address") as fault:
        import_people(people.service, OPERATOR, HEAD + rows)
    assert "line 3: the address of new is taken" in fault.value.message
    assert requests_of(people.service, people.administrator) == []


@pytest.mark.parametrize(
    "text", ["", "\0", "login;name\n", "name,login,email,role,requests\n", "x" * 6_000_000]
)
def test_what_is_no_proposal_list_is_refused(people: People, text: str) -> None:
    """The fault tells which columns are expected."""
    with pytest.raises(InvalidError, match="login,name,email,role,requests"):
        import_people(people.service, OPERATOR, text)


def test_only_administrators_approve_refuse_and_import(people: People) -> None:
    """A registered person may do none of it."""
    person = people.member("wilma")
    for attempt in (
        lambda: approve(people.service, person, "root.admin"),
        lambda: refuse(people.service, person, "root.admin"),
        lambda: import_people(people.service, person, HEAD),
    ):
        with pytest.raises(RefusedError, match="only an administrator"):
            attempt()
