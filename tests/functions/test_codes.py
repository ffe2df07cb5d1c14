"""Access codes: one use, one browser, ten minutes, five tries, and limits (table H, H4 to H9)."""

from __future__ import annotations

import json
import mailbox
import os
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oais.database import Connection, codes, people, sessions
from oais.database.engine import Database
from oais.database.people import Person
from oais.database.sessions import Session
from oais.errors import StorageError
from oais.functions.codes import (
    ALPHABET,
    CodeRequest,
    Opened,
    WrongCodeError,
    issue_code,
    opened_downloads,
    redeem_code,
)
from oais.functions.mailing import send_due
from oais.functions.security_log import path_of
from oais.functions.service import Service
from oais.mail import parse_address
from tests.functions.serving import StillClock, still_service

CODE = re.compile(rf"^    ([{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}})$", re.MULTILINE)
HERE = "192.0.2.0/24"


@pytest.fixture
def clock() -> StillClock:
    """The time, in the test's hand."""
    return StillClock()


@pytest.fixture
def service(tmp_path: Path, clock: StillClock) -> Service:
    """A service whose mail goes to its Maildir."""
    return still_service(tmp_path / "home", clock)


refusals: set[tuple[str, str, int]] = set()
"""Every answer that a refused code ever got."""


def mailed(service: Service) -> list[str]:
    """The codes in the outbox, the newest last; the outbox is emptied."""
    send_due(service)
    folder = mailbox.Maildir(service.archive.home / "mail", create=True)
    texts = []
    for key in sorted(folder.keys(), key=lambda key: (folder.get_message(key).get_date(), key)):
        texts.append(str(folder[key].get_payload(decode=True), "utf-8"))  # type: ignore[arg-type]
        folder.discard(key)
    return [code for text in texts for code in CODE.findall(text)]


def ask(
    service: Service,
    address: str = "ada@example.org",
    browser: str = "firefox",
    network: str = HERE,
    person: str = "",
) -> list[str]:
    """Ask for a code and return what was mailed."""
    wish = CodeRequest(address=parse_address(address), browser=browser, network=network, person=person)
    issue_code(service, wish)
    return mailed(service)


def redeem(service: Service, code: str, browser: str = "firefox", session: str = "") -> Opened:
    """Give a code back."""
    return redeem_code(service, browser, code, network=HERE, session=session)


def opens(service: Service, code: str, browser: str = "firefox", session: str = "") -> bool:
    """Give a code back and tell whether it opened anything; every refusal has the same words."""
    try:
        redeem(service, code, browser, session)
    except WrongCodeError as error:
        refusals.add((error.message, error.remedy, error.http_status))
        return False
    return True


def test_a_code_opens_downloads_for_a_day(service: Service, clock: StillClock) -> None:
    """It comes by mail, works in the browser that asked, and what it opened ends by itself."""
    (code,) = ask(service)
    opened = redeem(service, code)
    assert opened.until == clock.now + timedelta(hours=24)
    session = opened_downloads(service, opened.secret)
    assert session is not None
    assert datetime.fromisoformat(session.expires_at) == opened.until
    assert opened_downloads(service, "another") is None
    clock.move(hours=24, seconds=-1)
    assert opened_downloads(service, opened.secret) is not None
    clock.move(seconds=1)
    assert opened_downloads(service, opened.secret) is None


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code}\n"])
def test_a_code_may_be_typed_as_people_type(service: Service, typed: Callable[[str], str]) -> None:
    """Case, hyphens and blanks do not matter."""
    (code,) = ask(service)
    assert opens(service, typed(code))


@pytest.mark.parametrize("typed", ["", "é" * 12, "A" * 100_000, "\x00", "\ud800", "ABCD-EFGH-JKMN"])
def test_what_is_no_code_opens_nothing(service: Service, typed: str) -> None:
    """Whatever is typed gets the same answer."""
    ask(service)
    assert not opens(service, typed)


def test_a_code_is_not_used_up_before_the_log_has_it(service: Service) -> None:
    """Where the log of security events cannot be written nothing opens, and the code counts afterwards."""
    (code,) = ask(service)
    log = path_of(service.archive.home)
    aside = log.rename(log.with_name("aside"))
    log.mkdir()
    with pytest.raises(StorageError, match="security log"):
        redeem(service, code)
    log.rmdir()
    aside.rename(log)
    assert opens(service, code)
    assert not opens(service, code)


def test_a_code_works_once(service: Service) -> None:
    """The second use gets the same answer as a wrong code."""
    (code,) = ask(service)
    assert opens(service, code)
    assert not opens(service, code)


def test_fifty_at_once_use_a_code_once(service: Service) -> None:
    """However many threads give the same code back at the same moment, one is let in."""
    (code,) = ask(service)
    start = threading.Barrier(50)
    outcomes: list[bool] = []

    def run() -> None:
        start.wait()
        outcomes.append(opens(service, code))

    threads = [threading.Thread(target=run) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 49 + [True]


@pytest.mark.parametrize(("seconds", "works"), [(-1, False), (0, True), (599, True), (600, False)])
def test_a_code_lives_ten_minutes(service: Service, clock: StillClock, seconds: int, works: bool) -> None:
    """To the second; and a clock that was turned back does not bring one to life that is not made yet."""
    (code,) = ask(service)
    clock.move(seconds=seconds)
    assert opens(service, code) is works


def test_a_code_belongs_to_the_browser_that_asked(service: Service) -> None:
    """Another browser that learns the code can do nothing with it, and does not use it up."""
    (code,) = ask(service)
    assert not opens(service, code, browser="another")
    assert opens(service, code)


def test_a_newer_code_ends_the_older(service: Service) -> None:
    """Both that of the same address and that of the same browser."""
    (first,) = ask(service)
    (second,) = ask(service, browser="another")
    assert not opens(service, first)
    (third,) = ask(service, "grace@example.org", browser="another")
    assert not opens(service, second, browser="another")
    assert opens(service, third, browser="another")


def test_the_sixth_try_fails_even_with_the_right_code(service: Service) -> None:
    """After five wrong ones the code is dead; a new one works."""
    (code,) = ask(service)
    for _ in range(5):
        assert not opens(service, "ABCD-EFGH-JKMN")
    assert not opens(service, code)
    (fresh,) = ask(service)
    for _ in range(4):
        assert not opens(service, "ABCD-EFGH-JKMN")
    assert opens(service, fresh)


GUESSES = int(os.environ.get("OAIS_TEST_GUESSES") or 100_000)
"""How many codes are guessed at one that lives; ``OAIS_TEST_GUESSES=1000000`` is what table H asks for."""

AS_PROGRAM = 100
"""Guesses that open the database themselves; the rest share a snapshot of it, or its opening is measured."""


@contextmanager
def one_snapshot(database: Database) -> Iterator[None]:
    """Let all readings in here have one snapshot: nothing else about the database changes."""
    with database.reading() as connection:
        own = database.reading

        @contextmanager
        def lent() -> Iterator[Connection]:
            yield connection

        database.reading = lent  # type: ignore[method-assign]
        try:
            yield
        finally:
            database.reading = own  # type: ignore[method-assign]


@pytest.mark.long
def test_guessing_is_counted_five_times_and_never_succeeds(
    service: Service, seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """A flood of guesses against one living code ends it after five, and touches no code of others (H9)."""
    ask(service)
    (other,) = ask(service, "grace@example.org", browser="another")
    lines = len(path_of(service.archive.home).read_bytes().splitlines())

    def flood(guesses: int) -> None:
        assert not any(opens(service, "".join(seeded.choices(ALPHABET, k=12))) for _ in range(guesses))

    flood(AS_PROGRAM)
    for begun in range(AS_PROGRAM, GUESSES, 1_000):
        with one_snapshot(service.database):
            flood(min(1_000, GUESSES - begun))
    record_count("guessed codes", GUESSES)
    with service.database.reading() as connection:
        counted = connection.execute(codes.CODES.select().order_by(codes.CODES.c.tries.desc())).mappings()
        assert [row["tries"] for row in counted] == [5, 0]
    assert len(path_of(service.archive.home).read_bytes().splitlines()) == lines + 5
    assert opens(service, other, browser="another")


def test_the_alphabet_makes_guessing_hopeless() -> None:
    """Twelve symbols of thirty are more than 58 bits; no two symbols look alike."""
    assert len(set(ALPHABET)) == len(ALPHABET) == 30
    assert set("01ILO") & set(ALPHABET) == set()


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, str, str, int]]:
    """Things people do one after the other: ask, or give a code back, with time passing before each."""
    doing = st.sampled_from(["ask", "use the newest", "use an older", "guess"])
    waits = st.sampled_from([0, 0, 1, 60, 540, 599, 600])
    step = st.tuples(doing, st.sampled_from("ab"), st.sampled_from(["chrome", "firefox"]), waits)
    return draw(st.lists(step, min_size=2, max_size=12))


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, StillClock]:
    """One service for many histories; between two of them enough time passes to forget everything."""
    clock = StillClock()
    home = tmp_path_factory.mktemp("lasting") / "home"
    return still_service(home, clock, codes_per_address=1_000, codes_per_network=1_000), clock


@dataclass
class Known:
    """What a model of the rules knows of one code."""

    code: str
    address: str
    browser: str
    made_at: datetime
    tries: int = 0
    dead: bool = False

    def lives(self, now: datetime) -> bool:
        return not self.dead and self.tries < 5 and now < self.made_at + timedelta(minutes=10)


@settings(max_examples=40)
@given(histories())
def test_every_history_goes_as_the_rules_say(
    lasting: tuple[Service, StillClock], history: list[tuple[str, str, str, int]]
) -> None:
    """Whoever asks and types whatever in whichever order, a code opens exactly when the rules say so."""
    service, clock = lasting
    clock.move(hours=2)
    known: list[Known] = []
    for doing, who, browser, wait in history:
        clock.move(seconds=wait)
        if doing == "ask":
            (code,) = ask(service, f"{who}@example.org", browser)
            for older in known:
                older.dead |= who == older.address or browser == older.browser
            known.append(Known(code, who, browser, clock.now))
            continue
        typed = {"use the newest": known[-1:], "use an older": known[:1]}.get(doing, [])
        code = typed[0].code if typed else "ABCD-EFGH-JKMN"
        living = [item for item in known if item.browser == browser and item.lives(clock.now)]
        expected = any(item.code == code for item in living)
        assert opens(service, code, browser) is expected
        for item in living:
            item.tries += 1
            item.dead |= expected
    assert len(refusals) <= 1


def test_an_address_gets_three_codes_an_hour(service: Service, clock: StillClock) -> None:
    """The fourth wish is answered alike and brings no mail, and nobody is locked out for ever."""
    assert [len(ask(service, browser=str(number))) for number in range(4)] == [1, 1, 1, 0]
    assert ask(service, "Ada+tag@EXAMPLE.org") == []
    assert len(ask(service, "grace@example.org")) == 1
    clock.move(minutes=59, seconds=59)
    assert ask(service) == []
    clock.move(seconds=1)
    assert len(ask(service)) == 1


def test_a_refused_wish_leaves_the_living_code_alone(service: Service) -> None:
    """Asking once too often does not take away what the mail before it brought."""
    for _ in range(3):
        codes_mailed = ask(service)
    assert ask(service) == []
    assert opens(service, codes_mailed[0])


def test_a_network_gets_twenty_codes_an_hour(service: Service, clock: StillClock) -> None:
    """The twenty-first from one network brings no mail, one from elsewhere does."""
    brought = [len(ask(service, f"a{number}@example.org", str(number))) for number in range(21)]
    assert brought == [1] * 20 + [0]
    assert len(ask(service, "b@example.org", network="198.51.100.0/24")) == 1
    clock.move(hours=1)
    assert len(ask(service, "c@example.org")) == 1


def test_all_together_get_no_more_than_the_archive_can_mail(tmp_path: Path, clock: StillClock) -> None:
    """The limit of all holds whoever asks from wherever, and is a setting."""
    service = still_service(tmp_path / "home", clock, codes_per_hour=5)
    brought = [len(ask(service, f"a{n}@example.org", str(n), f"net {n}")) for n in range(7)]
    assert brought == [1, 1, 1, 1, 1, 0, 0]


@pytest.fixture
def account(service: Service) -> tuple[str, str]:
    """A person's identifier and the identifier of the session in which he is logged in."""
    now = service.archive.now()
    person = Person(
        login="ada", name="Ada", email="ada@example.org", role="registered", state="active", created_at=now
    )
    session = Session(
        person=person.identifier, digest="d", created_at=now, seen_at=now, expires_at="2026-11-22T00:00:00Z"
    )
    with service.database.writing() as connection:
        people.add(connection, person)
        sessions.add(connection, session)
    return person.identifier, session.identifier


def test_a_code_of_an_account_confirms_its_session(service: Service, account: tuple[str, str]) -> None:
    """It opens no session of its own; the login it was given in counts as confirmed."""
    person, session = account
    (code,) = ask(service, person=person)
    assert redeem(service, code, session=session).secret == ""
    with service.database.reading() as connection:
        (confirmed,) = sessions.of_person(connection, person)
    assert confirmed.confirmed_at == service.archive.now()


@pytest.mark.parametrize("session", ["", "of somebody else"])
def test_a_code_of_an_account_needs_its_login(
    service: Service, account: tuple[str, str], session: str
) -> None:
    """A stranger in the same browser cannot use it, and a session of another account is not confirmed."""
    (code,) = ask(service, person=account[0])
    assert not opens(service, code, session=session)


def test_nothing_tells_the_code_or_the_address(service: Service, clock: StillClock) -> None:
    """Database, its log of writes and the log of security events hold neither, nor the browser's secret."""
    browser = "secret-of-the-browser"
    (code,) = ask(service, browser=browser)
    for _ in range(5):
        opens(service, "ABCD-EFGH-JKMN", browser=browser)
    ask(service, browser=browser)
    (used,) = ask(service, browser=browser)
    opened = redeem(service, used, browser=browser)
    kept = {
        path.relative_to(service.archive.home): path.read_bytes()
        for path in service.archive.home.rglob("*")
        if path.is_file() and path.suffix != ".key"
    }
    secrets = (code, used, code.replace("-", ""), used.replace("-", ""), browser, opened.secret, "ada@")
    found = [
        (str(path), secret) for path, data in kept.items() for secret in secrets if secret.encode() in data
    ]
    assert found == []
    assert code not in repr(opened) + repr(
        CodeRequest(address=parse_address("a@example.org"), browser=browser, network=HERE)
    )


def test_each_wish_and_each_use_is_an_event(service: Service) -> None:
    """The log of security events tells what happened, and addresses only as digests."""
    (code,) = ask(service)
    opens(service, "wrong")
    opens(service, code)
    for _ in range(3):
        ask(service)
    lines = (service.archive.home / "ledger" / "security.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events == [
        "code asked",
        "code refused: not valid",
        "code used",
        "code asked",
        "code asked",
        "code refused: limit per address",
    ]


def test_only_a_month_and_a_country_are_counted(service: Service) -> None:
    """Of those who downloaded nothing else is kept, and codes are forgotten after a day."""
    for number, address in enumerate(("a@obs.example.fr", "b@example.org", "c@example.fr")):
        (code,) = ask(service, address, str(number))
        redeem(service, code, str(number))
    with service.database.reading() as connection:
        assert codes.opened(connection) == [("2026-11", "", 1), ("2026-11", "fr", 2)]


def test_old_codes_are_forgotten(service: Service, clock: StillClock) -> None:
    """A day later not even the digest of the address is left."""
    (code,) = ask(service)
    redeem(service, code)
    clock.move(days=1, seconds=1)
    ask(service, "grace@example.org", "another")
    with service.database.reading() as connection:
        assert len(connection.execute(codes.CODES.select()).all()) == 1
        assert connection.execute(codes.DOWNLOAD_SESSIONS.select()).all() == []
