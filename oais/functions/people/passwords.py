"""Passwords: which are taken, and how their argon2id hashes are made and compared.

The rules are those of NIST SP 800-63B-4 (3.1.1): length counts, composition does not, what everybody uses
is refused, and nothing is ever cut off.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources
from threading import BoundedSemaphore, get_native_id
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from oais.errors import BusyError, InvalidError

LEAST_CHARACTERS: Final = 15
MOST_BYTES: Final = 1024

_LEAST_DISTINCT: Final = 5
_LEAST_OF_ONES_OWN: Final = 5
"""Letters that must be left when common words, digits and signs are taken away."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE: Final = 1 if (os.cpu_count() or 1) <= 2 else 2
_WAITING: Final = 20
_RETRY_SECONDS: Final = 5
_LESS_URGENT: Final = 19
_PLACES: Final = BoundedSemaphore(_AT_ONCE + _WAITING)


def password_fault(password: str, *own: str) -> str:
    """Return which rule a password breaks, or nothing; ``own`` are the person's login, name and address.

    It is asked before anything is hashed.
    """
    if len(password.encode(errors="surrogatepass")) > MOST_BYTES:
        return f"the password is longer than {MOST_BYTES} bytes"
    normal = _normal(password)
    if len(normal) < LEAST_CHARACTERS:
        return f"the password has {len(normal)} characters, expected at least {LEAST_CHARACTERS}"
    if len(set(normal)) < _LEAST_DISTINCT:
        return f"the password has fewer than {_LEAST_DISTINCT} different characters"
    if _is_common(normal, own):
        return "the password is made of words that everybody tries first, or of your own name"
    return ""


def check_password(password: str, *own: str) -> None:
    """Make sure that a password may be used; raises InvalidError."""
    if fault := password_fault(password, *own):
        raise InvalidError(fault, remedy="take four or five words that do not belong together")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password; raises BusyError when too many wait."""
    with _place():
        return _reckoners().submit(_HASHER.hash, _bytes(password)).result()


def fits(password: str, hashed: str) -> bool:
    """Return whether a password is the one of a hash; without a hash one is reckoned all the same.

    So an unknown login takes as long as a known one. Raises BusyError when too many wait.
    """
    tried = _bytes(password) if len(password) <= MOST_BYTES else b""
    with _place():
        try:
            _reckoners().submit(_HASHER.verify, hashed or _nobodys_hash(), tried).result()
        except (VerificationError, InvalidHashError):
            return False
    return bool(hashed)


def is_outdated(hashed: str) -> bool:
    """Return whether a hash was made with other costs than those of today."""
    return _HASHER.check_needs_rehash(hashed)


@contextmanager
def _place() -> Iterator[None]:
    """Give a place among the hashes that are reckoned or wait; a flood is turned away at the door."""
    if not _PLACES.acquire(blocking=False):
        raise BusyError(
            "too many people are logging in at this moment",
            remedy="wait a few seconds and try again",
            retry_after=_RETRY_SECONDS,
        )
    try:
        yield
    finally:
        _PLACES.release()


@cache
def _reckoners() -> ThreadPoolExecutor:
    """Return the threads that reckon hashes: few enough to leave a core for pages, and less urgent."""
    return ThreadPoolExecutor(_AT_ONCE, "password", initializer=_step_back)


def _step_back() -> None:
    with suppress(OSError):  # only Linux gives each thread a priority of its own
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _LESS_URGENT)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(b"nobody has this password")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode(errors="surrogatepass")


def _is_common(normal: str, own: tuple[str, ...]) -> bool:
    rest = normal.casefold()
    words = {word for text in own for word in text.casefold().replace("@", " ").replace(".", " ").split()}
    for word in sorted((word for word in words | _common_words() if len(word) > 2), key=len, reverse=True):
        rest = rest.replace(word, "")
    return sum(character.isalpha() for character in rest) < _LEAST_OF_ONES_OWN


@cache
def _common_words() -> frozenset[str]:
    text = resources.files(__package__).joinpath("common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
