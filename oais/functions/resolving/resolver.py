"""What a resolver of names is, and how several are asked one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the sky in ICRS degrees, and ``source``, who knew it."""

    ra: float
    dec: float
    source: str


class UnansweredError(Exception):
    """A resolver could not tell whether it knows a name; the message says why, for whoever asked."""


class NameResolver(Protocol):
    """Knows positions by the names of targets."""

    def position(self, name: str) -> Position | None:
        """Return where what is called so lies, None when it is not known; raises UnansweredError."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name was resolved to; ``position`` is None where nobody knew it.

    ``faults`` say of each resolver that did not answer why; they are told and stop nothing.
    """

    name: str
    position: Position | None = None
    faults: tuple[str, ...] = ()


def resolved(name: str, resolvers: Iterable[NameResolver]) -> Named:
    """Ask resolvers in order until one knows the name."""
    faults: list[str] = []
    for resolver in resolvers:
        try:
            position = resolver.position(name)
        except UnansweredError as fault:
            faults.append(str(fault))
            continue
        if position is not None:
            return Named(name, position, tuple(faults))
    return Named(name, None, tuple(faults))
