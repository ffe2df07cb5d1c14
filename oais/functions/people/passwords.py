"""Passwords: which are taken, and how their argon2id hashes are made and compared.

The rules are those of NIST SP 800-63B-4 (3.1.1): length counts, composition does not, what everybody uses
is refused, and nothing is ever cut off.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from threading import BoundedSemaphore
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
_AT_ONCE: Final = 2
_WAITING: Final = 20
_RETRY_SECONDS: Final = 5
_PLACES: Final = BoundedSemaphore(_AT_ONCE + _WAITING)
_HASHING: Final = BoundedSemaphore(_AT_ONCE)


def checked_password(password: str, *own: str) -> str:
    """Return the password as it is hashed (NFKC); ``own`` are the person's login, name and address.

    Raises InvalidError that tells every rule it breaks, before anything is hashed.
    """
    if len(password.encode(errors="surrogatepass")) > MOST_BYTES:
        raise InvalidError(f"the password is longer than {MOST_BYTES} bytes", remedy="choose a shorter one")
    normal = _normal(password)
    faults = []
    if len(normal) < LEAST_CHARACTERS:
        faults.append(f"it has {len(normal)} characters, expected at least {LEAST_CHARACTERS}")
    elif len(set(normal)) < _LEAST_DISTINCT:
        faults.append(f"it has fewer than {_LEAST_DISTINCT} different characters")
    elif _is_common(normal, own):
        faults.append("it is made of words that everybody tries first, or of your own name")
    if len(normal.encode(errors="surrogatepass")) > MOST_BYTES:
        faults.append(f"it is longer than {MOST_BYTES} bytes when its characters are written out")
    if faults:
        raise InvalidError(
            f"the password cannot be used: {'; '.join(faults)}",
            remedy="take four or five words that do not belong together",
        )
    return normal


def hash_password(checked: str) -> str:
    """Return the argon2id hash of a password that was checked; raises BusyError when too many wait."""
    with _turn():
        return _HASHER.hash(checked.encode(errors="surrogatepass"))


def fits(password: str, hashed: str) -> bool:
    """Return whether a password is the one of a hash; without a hash one is reckoned all the same.

    So an unknown login takes as long as a known one. Raises BusyError when too many wait.
    """
    tried = _normal(password) if len(password) <= MOST_BYTES else ""
    with _turn():
        try:
            _HASHER.verify(hashed or _nobodys_hash(), tried.encode(errors="surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
    return bool(hashed)


def is_outdated(hashed: str) -> bool:
    """Return whether a hash was made with other costs than those of today."""
    return _HASHER.check_needs_rehash(hashed)


@contextmanager
def _turn() -> Iterator[None]:
    """Let two hashes be reckoned at once and twenty wait; a flood is turned away at the door."""
    if not _PLACES.acquire(blocking=False):
        raise BusyError(
            "too many people are logging in at this moment",
            remedy="wait a few seconds and try again",
            retry_after=_RETRY_SECONDS,
        )
    try:
        with _HASHING:
            yield
    finally:
        _PLACES.release()


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(b"nobody has this password")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


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
