"""Two worlds that differ in what is hidden, and the same questions to both: no answer may differ.

The second world is a copy of the first into which hidden sets were delivered, and one delivery refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from oais.archive import open_archive
from proofs.access import sets
from proofs.access.addresses import About, Address
from proofs.access.asking import Answer, Client
from proofs.access.world import DELIVERED, Clock, World, deliver, withdraw

UNSEEN = (
    "hidden",
    "of-a-hidden-group",
    "family/hidden-child",
    "kindred",
    "once-open",
    "then-hidden",
    "tombstone-hidden",
    "tombstone-of-a-hidden-group",
    sets.TURNED_AWAY,
)
"""What is delivered into the second world alone."""

ASKERS = ("stranger", "holder of a code", "registered", "provider")
"""Who has no right to know of any of it."""

_PASSING = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b|oais-visit=[\w-]+")
"""Tokens of forms, references of failed requests, and the secret of a new browser: new each time."""


def with_the_unseen(world: World, place: Path) -> World:
    """Return a copy of a world into which what is hidden was delivered."""
    other = world.copied(place)
    deliver(open_archive(other.home, clock=Clock(DELIVERED)), place, UNSEEN)
    with other.opened(Clock(DELIVERED)) as service:
        withdraw(service, other.identifiers, [name for name in UNSEEN if name in sets.WITHDRAWN])
    return other


def differences(
    without: Client, present: Client, headers: Mapping[str, Mapping[str, str]], asked: Iterable[Address]
) -> Iterator[str | None]:
    """Ask both worlds the same and yield, for each question, None or what was answered differently."""
    for address in asked:
        for who in ASKERS:
            for form in ("text/html", "application/json"):
                if form == "application/json" and address.about is not About.OVERVIEW:
                    continue
                sent = {**headers[who], "Accept": form}
                here, there = without.ask("GET", address.text, sent), present.ask("GET", address.text, sent)
                yield None if _lasting(here) == _lasting(there) else _told(who, address, here, there)


def _lasting(answer: Answer) -> str:
    return f"{answer.status}\n{_PASSING.sub('masked', answer.text)}"


def _told(who: str, address: Address, here: Answer, there: Answer) -> str:
    first = next(
        (
            f"{mine!r} and {other!r}"
            for mine, other in zip(_lasting(here).splitlines(), _lasting(there).splitlines(), strict=False)
            if mine != other
        ),
        "one is longer",
    )
    return f"{who}: {address.text}: {here.status} and {there.status}: {first}"
