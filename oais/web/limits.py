"""How often one asker may ask: a bucket of tokens each, refilled with time; an empty one is 429."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from threading import Lock

from starlette.requests import Request

from oais.errors import BusyError
from oais.web.addresses import address_of, prefix_of


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
