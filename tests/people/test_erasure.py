"""Erasing an account: nothing of the person stays but what must, and no data are left without an owner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oais.database import baskets, deposits, embargoes, orders, people, requests
from oais.database.baskets import Basket
from oais.database.deposits import Deposit
from oais.database.embargoes import Waived
from oais.database.orders import Order
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.notifications import subscribe, subscriptions_of
from oais.functions.orders.baskets import open_new, picks_of
from oais.functions.orders.consumers import consumer_of, owner_of, take_over
from oais.functions.people.accounts import Entry, change_role, create_provider, disable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.confirmations import ask_reset
from oais.functions.people.delegation import delegate, delegations_received
from oais.functions.people.erasure import ERASED, erase, erase_own, erasure_view
from oais.functions.people.groups import add_member, new_group
from oais.functions.people.registration import import_people
from oais.functions.people.saved import save_profile, save_query, saved_queries
from oais.functions.people.tokens import known_by_token, make_token
from oais.functions.security_log import path_of, read_log, verify
from oais.functions.service import Service
from policies.principals import ANONYMOUS, Principal, Role, Scope
from tests.people.conftest import OTHER_PASSWORD, PASSWORD, People, text_of

NAME, LOGIN = "Wilhelmina Quartz", "wilhelmina"
ADDRESS = f"{LOGIN}@quartz.example.org"


@pytest.fixture
def person(people: People) -> str:
    """Somebody with something of everything; of his requests he shares one with Pia, who owns it too."""
    service = people.service
    pia = people.member("pia", "tess:AO-1")
    rows = f"{LOGIN},{NAME},{ADDRESS},PI,tess:AO-1 tess:AO-7\n"
    import_people(service, OPERATOR, f"login,name,email,role,requests\n{rows}")
    ask_reset(service, LOGIN)
    from oais.functions.people.confirmations import reset_password

    who = reset_password(service, people.secret(ADDRESS, "/reset"), PASSWORD).identifier
    people.session(LOGIN)
    dan = people.member("dan", "tess:AO-3")
    delegate(service, dan, "tess:AO-3", LOGIN, note=f"for {NAME}")
    save_query(service, who, "Curves", "q=curve", description=f"of {NAME}")
    save_profile(service, who, "Mine", ["tess"])
    subscribe(service, who, "All of it", Question(words="curve"))
    group = new_group(service, OPERATOR, "team").identifier
    add_member(service, OPERATOR, group, LOGIN)
    with service.database.writing() as connection:
        now = service.archive.now()
        owner = owner_of(who)
        baskets.add(connection, Basket(owner=owner, name=f"{NAME} 1", created_at=now, changed_at=now))
        orders.add(connection, _order(owner, now), (), ())
        embargoes.waive(
            connection,
            Waived(request="tess:AO-1", waived_at=now, waived_by=NAME, reason="published", declared_at=now),
        )
    assert pia
    return who


def _order(owner: str, now: str) -> Order:
    return Order(owner=owner, name="o", title="Curves", form="zip", placed_at=now, files=1, size=1)


def traces(home: Path, *words: str) -> list[str]:
    """The files of an archive that hold any of some words; sent letters are the mailbox's."""
    found = (path for path in sorted(home.rglob("*")) if path.is_file())
    return [
        str(path.relative_to(home))
        for path in found
        if "mail" not in path.relative_to(home).parts
        and any(word.encode() in path.read_bytes() for word in words)
    ]


def test_nothing_of_the_person_is_in_any_file(people: People, person: str) -> None:
    """Name, username and address stand in the database before, and in no byte of the archive after."""
    home = people.service.archive.home
    assert any(name.startswith("oais.sqlite") for name in traces(home, NAME, LOGIN))
    erase(people.service, people.administrator, LOGIN, heir="pia")
    people.letters()
    assert traces(home, NAME, LOGIN, ADDRESS) == []


def test_all_that_is_his_goes_and_what_others_have_stays(people: People, person: str) -> None:
    """It is counted before; afterwards there is no such account, and Pia still has what was hers."""
    service = people.service
    secret = make_token(service, person, person, "mine", [Scope.READ]).secret
    told = erasure_view(service, LOGIN)
    assert (told.orders, told.baskets, told.sessions, told.tokens, told.queries) == (1, 1, 1, 1, 1)
    assert (told.profiles, told.subscriptions, told.delegations, told.groups) == (1, 1, 1, 1)
    assert (told.alone, told.deliveries) == (("tess:AO-7",), 0)
    erase_own(service, person, PASSWORD, heir="pia")
    with pytest.raises(NotFoundError):
        erasure_view(service, person)
    with pytest.raises(Exception, match="token"):
        known_by_token(service, secret)
    assert saved_queries(service, person) == []
    assert subscriptions_of(service, person) == []
    assert delegations_received(service, person) == []
    with service.database.reading() as connection:
        assert orders.count(connection, owner_of(person)) == 0
        assert baskets.count(connection, owner_of(person)) == 0
        (kept,) = requests.owners_of(connection, "tess:AO-1")
        assert people_named(service, kept.person) == "pia"


def people_named(service: Service, identifier: str) -> str:
    with service.database.reading() as connection:
        found = people.by_identifier(connection, identifier)
    assert found is not None
    return found.login


def test_private_requests_need_an_heir(people: People, person: str) -> None:
    """Without one it is refused and nothing is changed; with one he owns it in the same role and is told."""
    service = people.service
    for heir, fault, told in (
        ("", RefusedError, "alone owns tess:AO-7"),
        ("nobody", NotFoundError, "no account 'nobody'"),
        (LOGIN, InvalidError, "cannot take over"),
    ):
        with pytest.raises(fault, match=told):
            erase_own(service, person, PASSWORD, heir=heir)
    disable(service, OPERATOR, "dan")
    with pytest.raises(NotFoundError, match="that can be used"):
        erase_own(service, person, PASSWORD, heir="dan")
    assert people.session(LOGIN)
    erase_own(service, person, PASSWORD, heir="PIA")
    with service.database.reading() as connection:
        (owner,) = requests.owners_of(connection, "tess:AO-7")
    assert (people_named(service, owner.person), owner.role) == ("pia", "PI")
    told_by_mail = {letter["To"]: text_of(letter) for letter in people.letters()[-2:]}
    assert "You own these observation requests now" in told_by_mail["pia@example.org"]
    assert "/help#privacy" in told_by_mail[ADDRESS]


def test_the_log_stays_whole_and_knows_no_name(
    people: People, person: str, events: Callable[[], list[str]]
) -> None:
    """That an account was erased is a line of the chain, by identifiers."""
    before = events()
    erase(people.service, people.administrator, LOGIN, heir="pia")
    newest = read_log(people.service).events[0]
    assert events() == [*before, "account erased"]
    assert (newest.who, newest.subject) == (people.administrator, person)
    assert newest.facts["requests"] == "tess:AO-7"
    assert verify(path_of(people.service.archive.home)) is None


def test_a_waiver_stands_without_the_name(people: People, person: str) -> None:
    """The data stay open; who opened them is nobody's to read any more."""
    erase(people.service, OPERATOR, LOGIN, heir="pia")
    with people.service.database.reading() as connection:
        (waived,) = embargoes.waivers(connection, ["tess:AO-1"])
    assert (waived.waived_by, waived.reason) == (ERASED, "published")


def test_who_may_not_erase(people: People, person: str) -> None:
    """Nobody erases others but administrators, none himself without his password, and the last one stays."""
    service, pia = people.service, "pia"
    for by in (person, "", "0" * 32):
        with pytest.raises(RefusedError, match="only an administrator"):
            erase(service, by, pia)
    with pytest.raises(RefusedError, match="own rights"):
        erase(service, people.administrator, people.administrator)
    with pytest.raises(RefusedError, match="last administrator"):
        erase(service, OPERATOR, people.administrator)
    with pytest.raises(RefusedError, match="last administrator"):
        erase_own(service, people.administrator, PASSWORD)
    with pytest.raises(InvalidError, match="not right"):
        erase_own(service, person, OTHER_PASSWORD, heir=pia)
    with pytest.raises(NotFoundError):
        erase(service, OPERATOR, "nobody")
    assert erasure_view(service, LOGIN).login == LOGIN
    assert read_log(service).events[0].event == "erasure refused"


def test_an_administrator_who_is_not_the_last_may_go(people: People) -> None:
    """With another one left, he erases himself."""
    second = people.member("second", "tess:AO-2")
    change_role(people.service, OPERATOR, second, Role.ADMINISTRATOR)
    erase_own(people.service, people.administrator, PASSWORD)
    assert [one.login for one in _all(people)] == ["second"]


def _all(people_: People) -> list[people.Person]:
    with people_.service.database.reading() as connection:
        return people.listed(connection)


def test_a_delivery_is_decided_on_first(people: People) -> None:
    """Its bytes would have no owner to be told of them."""
    entry = Entry("pipeline", "The pipeline", "pipeline@example.org")
    provider = create_provider(people.service, OPERATOR, entry, []).identifier
    now = people.service.archive.now()
    with people.service.database.writing() as connection:
        deposit = Deposit(person=provider, name="a.tar", length=5, created_at=now, changed_at=now)
        deposits.add(connection, deposit)
    assert erasure_view(people.service, provider).deliveries == 1
    with pytest.raises(RefusedError, match="not decided on"):
        erase(people.service, OPERATOR, provider)
    with people.service.database.writing() as connection:
        deposits.change(connection, deposit.identifier, state=deposits.DepositState.WITHDRAWN)
    erase(people.service, OPERATOR, provider)


def test_a_letter_that_waits_for_the_address_is_not_sent(people: People, person: str) -> None:
    """A link to set a password must not come after the last letter."""
    before = len(people.letters())
    ask_reset(people.service, LOGIN)
    erase(people.service, OPERATOR, LOGIN, heir="pia")
    assert [letter["To"] for letter in people.letters()[before:]].count(ADDRESS) == 1


def test_what_was_asked_for_before_and_comes_after_is_not_kept(people: People, person: str) -> None:
    """Requests that are answered while the account goes leave nothing that would never go again."""
    service, secret = people.service, "Quartz's private plan"
    asking = open_access(service.archive, Principal(person, Role.REGISTERED), service.database)
    consumer = consumer_of(service, asking, "")
    browser = consumer_of(service, open_access(service.archive, ANONYMOUS, service.database), "a browser")
    kept = open_new(browser, "Of the browser")
    erase(service, OPERATOR, LOGIN, heir="pia")
    for act, said in (
        (lambda: open_new(consumer, secret), "account was erased"),
        (lambda: save_query(service, person, secret, "q=curve"), "was removed meanwhile"),
        (lambda: save_profile(service, person, secret, ["tess"]), "was removed meanwhile"),
        (lambda: subscribe(service, person, secret, Question(words="curve")), "was removed meanwhile"),
    ):
        with pytest.raises(NotFoundError, match=said):
            act()
    take_over(service, "a browser", person)
    assert picks_of(browser, kept) == ()
    people.letters()
    assert traces(service.archive.home, secret) == []


def test_a_login_may_be_another_ones_afterwards(people: People, person: str) -> None:
    """Whoever gets the name gets nothing of what the former had."""
    erase(people.service, OPERATOR, LOGIN, heir="pia")
    again = people.member(LOGIN, "tess:AO-8")
    told = erasure_view(people.service, again)
    assert again != person
    assert (told.alone, told.orders, told.queries, told.delegations) == (("tess:AO-8",), 0, 0, 0)
