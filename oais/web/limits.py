"""How often one asker may ask: a bucket of tokens each, refilled with time; an empty one is 429."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import Final

from starlette.requests import Request

from oais.errors import BusyError
from oais.web.addresses import address_of, prefix_of

_BACK_IN: Final = 5
"""Seconds after which a package that was being prepared is likely on its way."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Buckets:
    """A bucket for each asker: ``most`` requests at once, ``per_second`` in the long run; 0 is no limit.

    Only the ``remembered`` askers who came last have one; a forgotten one starts full.
    """

    def __init__(self, most: int, per_second: float, *, remembered: int = 20_000) -> None:
        self._most = most
        self._per_second = per_second
        self._remembered = remembered
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, asker: str, now: float) -> None:
        """Take one token at a moment in seconds; raises BusyError that says when there is one again."""
        if not self._most:
            return
        with self._lock:
            bucket = self._buckets.pop(asker, None) or _Bucket(self._most, now)
            gained = max(0.0, now - bucket.filled_at) * self._per_second
            bucket.tokens, bucket.filled_at = min(self._most, bucket.tokens + gained), now
            self._buckets[asker] = bucket
            if len(self._buckets) > self._remembered:
                self._buckets.popitem(last=False)
            missing = 1 - bucket.tokens
            if missing <= 0:
                bucket.tokens -= 1
        if missing > 0:
            raise BusyError(
                "too many requests at once from where you are",
                remedy="wait a little and go on",
                retry_after=ceil(missing / self._per_second),
            )


class Crowd:
    """How many prepare something costly at a time: ``most`` in all, ``most_each`` of one asker (0: any)."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._inside: Counter[str] = Counter()
        self._lock = Lock()

    def enter(self, asker: str) -> Callable[[], None]:
        """Let an asker in and return what lets him out, once; raises BusyError when there is no room."""
        with self._lock:
            crowded = self._most and self._inside.total() >= self._most
            if crowded or (self._most_each and self._inside[asker] >= self._most_each):
                raise BusyError(
                    "the archive prepares as much as it can at the moment",
                    remedy="wait a few seconds and try again",
                    retry_after=_BACK_IN,
                )
            self._inside[asker] += 1
        inside = True

        def leave() -> None:
            nonlocal inside
            with self._lock:
                if inside:
                    self._inside -= Counter([asker])  # which forgets whoever is in no more
                inside = False

        return leave


def enter_builders(request: Request, asker: str, *, counted: bool = True) -> Callable[[], None]:
    """Count a request that reads and builds, and return what is called once it is prepared.

    Raises BusyError for an asker who comes too often, where that is ``counted``, and while too many prepare
    something.
    """
    state = request.scope["app"].state
    builds: Buckets = state.builds
    builders: Crowd = state.builders
    leave = builders.enter(asker)
    try:
        if counted:
            builds.take(asker, state.archive.clock().timestamp())
    except BusyError:
        leave()
        raise
    return leave


def check_rate(request: Request, asker: str) -> None:
    """Count one request of an asker, a person's identifier or what ``prefix_of`` tells; raises BusyError."""
    state = request.scope["app"].state
    buckets: Buckets = state.buckets
    buckets.take(asker, state.archive.clock().timestamp())


def check_guess(request: Request) -> None:
    """Count one attempt to prove oneself from where the request comes from; raises BusyError."""
    state = request.scope["app"].state
    guesses: Buckets = state.guesses
    guesses.take(prefix_of(address_of(request)), state.archive.clock().timestamp())
