"""What happened to doors, people and rights: appended, chained line by line, and free of secrets."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.files import open_regular
from oais.information.chained_log import append_entry, broken_lines, ended_lines
from oais.information.text import printable

_SECURITY_LOG = "ledger/security.jsonl"

KEY_MADE: Final = "service key made"
"""The event of a service key that took the place of another one; its fact ``proof`` tells which it is."""


class Service(Protocol):
    """What recording needs of a service: an audit, which only reads the log, does without the database."""

    @property
    def archive(self) -> Archive:
        """The archive whose log it is."""
        ...

    def hmac(self, purpose: str, text: str) -> str:
        """Return the keyed digest of a text."""
        ...


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One line of the log: when, what, by whom, to what; ``address`` is a keyed digest of the asker's."""

    at: str
    event: str
    who: str
    subject: str
    address: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SecurityLog:
    """A page of events, the newest first, of ``total``; ``broken`` is the first line that was changed."""

    events: tuple[SecurityEvent, ...]
    total: int
    broken: int | None


def path_of(home: Path) -> Path:
    """Return where an archive keeps its security log."""
    return home / _SECURITY_LOG


def record(
    service: Service, event: str, *, who: str = "", subject: str = "", address: str = "", **facts: str
) -> None:
    """Append one event and make it durable; raises StorageError.

    ``who`` and ``subject`` are identifiers. The address is kept as an HMAC, so that equal ones can be seen
    to be equal and none can be read. The caller passes no secret: no password, token or code.
    """
    entry = {
        "at": service.archive.now(),
        "event": event,
        "who": who,
        "subject": printable(subject),
        "address": service.hmac("address", address) if address else "",
        "facts": {name: printable(value) for name, value in facts.items()},
    }
    with storage_errors("writing the security log"):
        append_entry(path_of(service.archive.home), entry, mode=0o600)


@dataclass(slots=True)
class LogState:
    """How many ``lines`` the log has, whatever they say.

    ``last`` is the sha256 of the last line and ``then`` that of the line that was asked for, both empty if
    there is none; ``keys`` are the proofs of service keys that took the place of others.
    """

    lines: int = 0
    last: str = ""
    then: str = ""
    keys: set[str] = field(default_factory=set)


def read_state(path: Path, asked: int = 0) -> LogState:
    """Read the log and return how it stands; ``asked`` is the number of a line. Raises StorageError.

    What a crash left of a last line was never acknowledged, and is none.
    """
    told, line = LogState(), b""
    with storage_errors("reading the security log"):
        if not path.exists():
            return told
        with open(open_regular(path, follow=True), "rb") as lines:
            for told.lines, line in enumerate(ended_lines(lines), 1):
                if told.lines == asked:
                    told.then = _digest_of(line)
                if KEY_MADE.encode() in line:
                    told.keys |= _key_in(line)
    told.last = _digest_of(line) if line else ""
    return told


def _digest_of(line: bytes) -> str:
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


def _key_in(line: bytes) -> set[str]:
    """Return the proof of the key that a line tells of; one that cannot be read vouches for none."""
    with suppress(ValueError, LookupError, TypeError, RecursionError):
        plain = json.loads(line)
        if plain["event"] == KEY_MADE:
            return {str(plain["facts"]["proof"])}
    return set()


def verify(path: Path) -> int | None:
    """Return the number of the first line that was changed or follows another one, None when all is whole.

    Raises StorageError. Lines cut off at the end leave a whole chain; ``read_state`` counts them.
    What a crash left of a last line was never acknowledged, and is none.
    """
    with storage_errors("reading the security log"):
        if not path.exists():
            return None
        with open(open_regular(path, follow=True), "rb") as lines:
            return next(broken_lines(ended_lines(lines)), None)


def read_log(service: Service, *, first: int = 0, most: int = 100) -> SecurityLog:
    """Return up to ``most`` events, the newest first, after leaving out ``first``; raises StorageError."""
    path = path_of(service.archive.home)
    total = 0
    newest: deque[bytes] = deque(maxlen=first + most)
    broken = verify(path)
    with storage_errors("reading the security log"):
        if path.exists():
            with open(open_regular(path, follow=True), "rb") as lines:
                for total, line in enumerate(ended_lines(lines), 1):  # noqa: B007 - the last number is the total
                    newest.append(line)
    shown = map(_event, list(newest)[::-1][first:])
    return SecurityLog(tuple(shown), total, broken)


def _event(line: bytes) -> SecurityEvent:
    """Read a line; one that was damaged is shown as such, not left out."""
    try:
        plain = json.loads(line)
        texts = {name: str(plain[name]) for name in ("at", "event", "who", "subject", "address")}
        return SecurityEvent(**texts, facts={name: str(value) for name, value in plain["facts"].items()})
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return SecurityEvent("", "a line that cannot be read", "", "", "", {})
