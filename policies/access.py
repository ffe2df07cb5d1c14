"""The one decision: who may see, read or download what, and why not.

``decide`` is pure and denies by default; every door of the archive asks it. Only it makes a ``Grant``,
and bytes are given for a Grant alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

METADATA_WORDS: Final = ("public", "listed", "hidden")
"""What is shown of a node, from open to strict: everything, its name and a padlock, nothing."""

DATA_WORDS: Final = ("open", "closed")
"""Who downloads, from open to strict: anybody, nobody but the archive's staff."""


class Action(StrEnum):
    """What a principal may ask to do with an object."""

    SEE = "see"
    READ_METADATA = "read metadata"
    DOWNLOAD = "download"


class Role(StrEnum):
    """What a principal is to the archive."""

    ANONYMOUS = "anonymous"
    REGISTERED = "registered"
    PROVIDER = "provider"
    ARCHIVIST = "archivist"
    ADMINISTRATOR = "administrator"


class State(StrEnum):
    """Whether an account may be used; a disabled or expired one has no more rights than a stranger."""

    ACTIVE = "active"
    DISABLED = "disabled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: decided by identifier, never by a name that could be taken."""

    identifier: str = ""
    role: Role = Role.ANONYMOUS
    state: State = State.ACTIVE


ANONYMOUS: Final = Principal()


@dataclass(frozen=True, slots=True)
class AccessWords:
    """What the policies in force say of one node, inheritance included.

    ``policy`` is the name of the policy, ``node`` the node that set the words, ``reason`` why they are so,
    ``opens`` when closed data becomes open to all, ``contact`` how to ask.
    """

    metadata: str = "hidden"
    data: str = "closed"
    policy: str = ""
    node: str = ""
    reason: str = "no policy names it"
    opens: datetime | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class AccessObject:
    """A thing to decide about: a node, or an AIP that lies at a node."""

    node_path: str
    words: AccessWords = field(default_factory=AccessWords)
    aip_id: str = ""


@dataclass(frozen=True, slots=True)
class _Seal:
    """What only a decision makes: the proof of which question it answered with yes."""

    principal: Principal
    action: Action
    target: AccessObject
    at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to one action on one object at one moment; made by ``decide`` alone."""

    principal: Principal
    action: Action
    target: AccessObject
    at: datetime
    seal: _Seal = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal != _Seal(self.principal, self.action, self.target, self.at):
            raise TypeError("a Grant is made by decide() only, for what it decided")


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question of access.

    ``metadata`` is how much of the object may be shown to this principal; ``release_at`` when the answer
    changes by itself; ``remedy`` what the asker can do; ``grant`` is there exactly when allowed.
    """

    allowed: bool
    reason: str
    metadata: str
    release_at: datetime | None = None
    remedy: str = ""
    policy: str = ""
    grant: Grant | None = None


_STAFF = frozenset({Role.ARCHIVIST, Role.ADMINISTRATOR})
_UNKNOWN = Decision(False, "there is no such object", "hidden")


def decide(principal: Principal, action: Action, target: AccessObject, now: datetime) -> Decision:
    """Decide one question; ``now`` carries a time zone. Whatever goes wrong inside is a denial."""
    try:
        return _decided(principal, action, target, now)
    except Exception:  # noqa: BLE001  an exception must never become an open door
        return _UNKNOWN


def _decided(principal: Principal, action: Action, target: AccessObject, now: datetime) -> Decision:
    words = target.words
    staff = principal.role in _STAFF and principal.state is State.ACTIVE and bool(principal.identifier)
    shown = "public" if staff else _shown(words)
    if shown == "hidden":
        return _UNKNOWN
    released = words.opens is not None and now >= words.opens
    allowed = {
        Action.SEE: True,
        Action.READ_METADATA: shown == "public",
        Action.DOWNLOAD: shown == "public" and (staff or words.data == "open" or released),
    }.get(action, False)
    if not allowed:
        return _denied(action, words, shown, now)
    reason = "the archive's staff may" if staff else f"open to all by policy {words.policy or 'unnamed'}"
    grant = Grant(principal, action, target, now, _Seal(principal, action, target, now))
    return Decision(True, reason, shown, policy=words.policy, grant=grant)


def _shown(words: AccessWords) -> str:
    """Return how much a stranger sees; a word that nobody knows hides."""
    return words.metadata if words.metadata in METADATA_WORDS else "hidden"


def _denied(action: Action, words: AccessWords, shown: str, now: datetime) -> Decision:
    what = "its description is" if action is Action.READ_METADATA else "its data are"
    release = words.opens if words.opens is not None and words.opens > now and shown == "public" else None
    until = f" until {release:%Y-%m-%d %H:%M:%S} UTC" if release is not None else ""
    asking = f"ask {words.contact}" if words.contact else "ask the archive for access"
    return Decision(
        False,
        f"{what} closed{until} by policy {words.policy or 'unnamed'}: {words.reason or 'no reason given'}",
        shown,
        release_at=release,
        remedy=f"wait until then, or {asking}" if release is not None else asking,
        policy=words.policy,
    )
