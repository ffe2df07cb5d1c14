"""Access codes: mailed to an address, given back from the browser that asked, opening downloads for a day.

The code is never stored nor written to any log; what is kept of it, of the address, of the network and of
the browser are HMACs.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, codes, people, sessions
from oais.database.codes import AccessCode, DownloadSession
from oais.errors import RefusedError
from oais.functions.mailing import link, queue_mail
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.mail import Address, Letter, Subject, parse_address

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty symbols that nobody takes for one another."""

CODE_SYMBOLS: Final = 12
CODE_LASTS: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
DOWNLOADS_LAST: Final = timedelta(hours=24)

_HOUR = timedelta(hours=1)
_KEPT_FOR = timedelta(days=1)


class WrongCodeError(RefusedError):
    """The code cannot be used; whatever the reason, the words are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """Somebody's wish for a code: the address to mail it to, his browser's secret, and his network.

    ``person`` is his account when he is logged in; then the address is the account's own.
    """

    address: Address
    browser: str = field(repr=False)
    network: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a code opened: for a stranger a download session with its secret, shown this once.

    For an account the secret is empty: its own session now counts as confirmed.
    """

    secret: str = field(repr=False)
    until: datetime


def code_request(
    service: Service, *, browser: str, network: str, address: str = "", person: str = ""
) -> CodeRequest:
    """Return the wish of a stranger for a code to an address, or of an account for one to its own.

    Raises InvalidError for what is not an address, by its syntax alone.
    """
    if person:
        with service.database.reading() as connection:
            account = people.by_identifier(connection, person)
        address = "" if account is None else account.email
    return CodeRequest(address=parse_address(address), browser=browser, network=network, person=person)


def issue_code(service: Service, wish: CodeRequest) -> None:
    """Make a code and queue its mail, unless a limit is reached; nothing tells the asker which.

    Called after the answer was given, so that the time it takes tells nothing either.
    """
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_SYMBOLS))
    now = service.now()
    issued = _sealed(service, wish, code, now)
    with service.database.writing() as connection:
        codes.sweep(connection, timestamp(now - _KEPT_FOR), timestamp(now))
        reached = _limit_reached(connection, service, issued)
        if not reached:
            codes.add(connection, issued)
            letter = Letter(wish.address, Subject.ACCESS_CODE, _text(service, code))
            queue_mail(connection, service, letter, until=now + CODE_LASTS)
    event = f"code refused: limit per {reached}" if reached else "code asked"
    record(service, event, who=wish.person, address=wish.network)


def redeem_code(service: Service, browser: str, typed: str, *, network: str, session: str = "") -> Opened:
    """Use up a code in the browser that asked for it; ``session`` is the identifier of a login there.

    Raises WrongCodeError with the same words whether it is wrong, used, too old, tried too often, of
    another browser or of another account; StorageError, and then nothing is used up.
    """
    known = service.hmac("browser", browser)
    now = service.now()
    with service.database.reading() as connection:
        # Guessing without a living code costs a question only: no waiting for whoever writes, and no line
        # in a log that is kept for ever.
        code = codes.living(connection, known, timestamp(now))
    opened = None
    if code is not None:
        with service.database.writing() as connection:
            opened = _used_up(connection, service, known, _symbols(typed), session)
            event = "code refused: not valid" if opened is None else "code used"
            # In the transaction: what the log does not take opens nothing, and the code is not used up.
            record(service, event, who="" if opened is None else code.person, address=network)
    if opened is None:
        raise WrongCodeError(
            "this code cannot be used",
            remedy="type it as the mail shows it, in the browser that asked for it, within ten minutes; "
            "or ask for a new one",
        )
    return opened


def opened_downloads(service: Service, secret: str) -> DownloadSession | None:
    """Return the download session of a browser with this secret, as long as it lasts."""
    digest = service.hmac("download session", secret)
    with service.database.reading() as connection:
        return codes.session_of(connection, digest, service.archive.now())


def _sealed(service: Service, wish: CodeRequest, code: str, now: datetime) -> AccessCode:
    browser = service.hmac("browser", wish.browser)
    return AccessCode(
        address=service.hmac("address", wish.address.identity),
        network=service.hmac("network", wish.network),
        browser=browser,
        digest=_digest(service, browser, code),
        person=wish.person,
        country=wish.address.country,
        issued_at=timestamp(now),
        expires_at=timestamp(now + CODE_LASTS),
    )


def _digest(service: Service, browser: str, code: str) -> str:
    return service.hmac("access code", f"{browser} {code}")


def _limit_reached(connection: Connection, service: Service, code: AccessCode) -> str:
    """Return which limit of an hour is reached: that of the address, of the network, or of all."""
    settings = service.archive.settings
    since = timestamp(datetime.fromisoformat(code.issued_at) - _HOUR)
    counts = {
        "address": (codes.issued_since(connection, since, address=code.address), settings.codes_per_address),
        "network": (codes.issued_since(connection, since, network=code.network), settings.codes_per_network),
        "hour": (codes.issued_since(connection, since), settings.codes_per_hour),
    }
    return next((name for name, (issued, most) in counts.items() if issued >= most), "")


def _used_up(
    connection: Connection, service: Service, browser: str, code: str, session: str
) -> Opened | None:
    """Count the try, and on the right code end it and open what it opens."""
    now = service.now()
    found = codes.living(connection, browser, timestamp(now))
    if found is None:
        return None
    codes.count_try(connection, found)
    fits = hmac.compare_digest(found.digest, _digest(service, browser, code))
    if fits or found.tries + 1 >= MOST_TRIES:
        codes.end(connection, found, timestamp(now))
    if not fits:
        return None
    if found.person:
        return _confirmed(connection, service, found.person, session)
    return _download_session(connection, service, found.country)


def _confirmed(connection: Connection, service: Service, person: str, session: str) -> Opened | None:
    own = next((item for item in sessions.of_person(connection, person) if item.identifier == session), None)
    if own is None:
        return None
    sessions.change(connection, session, confirmed_at=service.archive.now())
    return Opened("", datetime.fromisoformat(own.expires_at))


def _download_session(connection: Connection, service: Service, country: str) -> Opened:
    secret, now = secrets.token_urlsafe(32), service.now()
    until = now + DOWNLOADS_LAST
    codes.open_session(
        connection,
        DownloadSession(
            digest=service.hmac("download session", secret),
            country=country,
            opened_at=timestamp(now),
            expires_at=timestamp(until),
        ),
    )
    return Opened(secret, until)


def _symbols(typed: str) -> str:
    """Return the symbols of a code, however it was typed: case and whatever stands between do not matter."""
    return "".join(symbol for symbol in typed[:100].upper() if symbol in ALPHABET)


def _text(service: Service, code: str) -> str:
    shown = "-".join(code[start : start + 4] for start in range(0, CODE_SYMBOLS, 4))
    return (
        f"Your access code is\n\n    {shown}\n\n"
        f"Type it in the browser in which you asked for it, on this page:\n{link(service, '/code')}\n\n"
        "It can be used once, within ten minutes, and opens downloads there for 24 hours.\n"
        "Nobody of the archive will ever ask you for it. If you did not ask for a code, do nothing."
    )
