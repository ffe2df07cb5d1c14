"""Passwords proven a moment ago: a program that sends one with each request waits for one hash only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from oais.database.people import Person

LASTS: Final = timedelta(minutes=5)
"""How long a proof is remembered; it is not lengthened by being used."""

MOST: Final = 1000


class ProvenPasswords:
    """Remembers which password fitted which account's hash, in this process alone and never in words.

    What is kept is an HMAC of the three under a key of the process. Whoever is remembered has sent the right
    password again, so nothing is opened that his password would not open: a new password has another hash,
    and whether the account may be used is asked at each request. Only right passwords are remembered.
    """

    def __init__(self, most: int = MOST) -> None:
        self._key: Final = secrets.token_bytes(32)
        self._most: Final = most
        self._until: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock: Final = Lock()

    def add(self, person: Person, password: str, now: datetime) -> None:
        """Remember that a password was found to fit; of too many the oldest is forgotten."""
        digest = self._digest(person, password)
        with self._lock:
            self._until.pop(digest, None)
            self._until[digest] = now + LASTS
            while len(self._until) > self._most or next(iter(self._until.values())) <= now:
                self._until.popitem(last=False)

    def holds(self, person: Person, password: str, now: datetime) -> bool:
        """Return whether this password was found to fit this account's present hash a moment ago."""
        with self._lock:
            until = self._until.get(self._digest(person, password))
        return until is not None and now < until

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._until)

    def _digest(self, person: Person, password: str) -> bytes:
        told = "\0".join((person.identifier, person.password, password))
        return hmac.new(self._key, told.encode(errors="surrogatepass"), hashlib.sha256).digest()
