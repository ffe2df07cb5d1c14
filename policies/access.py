"""The one decision: who may see, read or download what, and why not.

``decide`` is pure and denies by default; every door of the archive asks it. Only it makes a ``Grant``,
and bytes are given for a Grant alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from policies.embargo import ObservationRequest, Release, release_of
from policies.principals import ANONYMOUS, STAFF, Membership, Principal, Role, Scope, State, recognized
from policies.words import DATA_WORDS, METADATA_WORDS, AccessObject, AccessWords, Exemption

__all__ = [
    "ANONYMOUS",
    "DATA_WORDS",
    "METADATA_WORDS",
    "AccessObject",
    "AccessWords",
    "Action",
    "Decision",
    "Exemption",
    "Grant",
    "Membership",
    "Principal",
    "Role",
    "State",
    "Step",
    "decide",
]


class Action(StrEnum):
    """What a principal may ask to do with an object."""

    SEE = "see"
    READ_METADATA = "read metadata"
    DOWNLOAD = "download"


class Step(StrEnum):
    """What may help whoever was refused."""

    NONE = ""
    LOG_IN = "log in"
    CODE = "ask for an access code"
    OWNER = "ask the owner of the observation request"
    CONTACT = "ask the archive"


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
    seal: _Seal = field(repr=False)

    def __post_init__(self) -> None:
        if self.seal != _Seal(self.principal, self.action, self.target, self.at):
            raise TypeError("a Grant is made by decide() only, for what it decided")


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question of access.

    ``metadata`` is how much of the object may be shown to this principal; ``word`` the data word in force;
    ``release_at`` when it changes by itself; ``remedy`` what the asker can do, and ``step`` the same for
    programs; ``release`` the embargo's, where one was asked; ``grant`` is there exactly when allowed.
    """

    allowed: bool
    reason: str
    metadata: str
    release_at: datetime | None = None
    remedy: str = ""
    policy: str = ""
    grant: Grant | None = None
    word: str = "closed"
    step: Step = Step.NONE
    release: Release | None = None


_UNKNOWN = Decision(False, "there is no such object", "hidden")
_SCOPES = {
    Action.SEE: Scope.READ, Action.READ_METADATA: Scope.READ, Action.DOWNLOAD: Scope.DOWNLOAD
}  # fmt: skip

_NEVER = datetime.max.replace(tzinfo=UTC)
_FOR_ACCOUNTS = frozenset({"account", "group", "embargo"})
_SHOWN = {Action.SEE: "its name is shown", Action.READ_METADATA: "its description is shown"}
_TO_WHOM = {
    "open": "open to all",
    "email-code": "open to holders of an access code",
    "account": "open to registered users only",
    "group": "open to members of its groups only",
    "embargo": "open to the owners of the observation request only",
    "closed": "closed",
}


def decide(principal: Principal, action: Action, target: AccessObject, now: datetime) -> Decision:
    """Decide one question; ``now`` carries a time zone. Whatever goes wrong inside is a denial."""
    try:
        return _decided(principal, action, target, now)
    except Exception:  # noqa: BLE001  an exception must never become an open door
        return _UNKNOWN


class _Layer(NamedTuple):
    """What one policy answers an asker at a moment.

    ``word`` is in force before ``until`` (None: for good) for ``reason``; ``shown`` is how much is told;
    ``inside`` says whether the word names the asker, ``admits`` whether the data are given.
    """

    words: AccessWords
    word: str
    until: datetime | None
    reason: str
    release: Release | None
    shown: str
    inside: bool
    admits: bool

    def bars(self, action: Action, *, chosen: bool) -> bool:
        """Return whether this policy stands in the way of an action on what is not hidden.

        Who was ``chosen`` by a group or as an owner needs no code to show that his address is valid.
        """
        if action is Action.DOWNLOAD and not self.admits and not (chosen and self.word == "email-code"):
            return True
        return action is not Action.SEE and self.shown != "public"


def _decided(principal: Principal, action: Action, target: AccessObject, now: datetime) -> Decision:
    known = recognized(principal, _SCOPES[action])
    if known and principal.role in STAFF:
        grant = Grant(principal, action, target, now, _Seal(principal, action, target, now))
        return Decision(True, "the archive's staff may", "public", policy=target.words.policy, grant=grant)
    layers = [_layer(words, principal, known, target, now) for words in target.words.layers()]
    shown = max((layer.shown for layer in layers), key=METADATA_WORDS.index)
    if shown == "hidden":
        return _UNKNOWN
    if target.withdrawn and action is Action.DOWNLOAD:
        return Decision(False, "its data were withdrawn", shown, remedy=_remedy(Step.CONTACT, layers[0]))
    chosen = any(layer.inside and layer.word != "account" for layer in layers)
    barring = [layer for layer in layers if layer.bars(action, chosen=chosen)]
    if barring:
        return _denied(action, max(barring, key=_end), shown, known)
    grant = Grant(principal, action, target, now, _Seal(principal, action, target, now))
    return _granted(layers[0], shown, grant)


def _layer(words: AccessWords, asker: Principal, known: bool, target: AccessObject, now: datetime) -> _Layer:
    """Ask one policy; of an asker who is not ``known`` nothing counts but the download session he opened."""
    release = None if words.rule is None else release_of(target.request, words.rule)
    word, until, reason = words.data, words.opens if release is None else release.at, words.reason
    freed = next((item for item in words.exemptions if item.covers(target)), None)
    if freed is not None:
        word, until, reason = freed.data, None, freed.reason
    elif until is not None and until <= now:
        word, until = words.then, None
    inside = known and _names(word, words, asker, target.request, now)
    coded = (known and asker.code_confirmed) or (asker.code_until is not None and now < asker.code_until)
    described = inside or (words.metadata_opens is not None and words.metadata_opens <= now)
    return _Layer(
        words=words,
        word=word,
        until=until,
        reason=reason,
        release=release,
        shown="public" if described else words.metadata,
        inside=inside,
        admits=word == "open"
        or (word == "email-code" and coded)
        or (inside and (asker.code_confirmed or not words.code)),
    )


def _names(
    word: str, words: AccessWords, asker: Principal, request: ObservationRequest | None, now: datetime
) -> bool:
    """Return whether a word admits the asker for who he is."""
    if word == "account":
        return asker.role is Role.REGISTERED
    if word == "group":
        return any(member.group in words.groups and member.holds(now) for member in asker.groups)
    owned = asker.requests | asker.delegated if word == "embargo" else frozenset[str]()
    return request is not None and request.identifier in owned


def _end(layer: _Layer) -> datetime:
    """Return when a layer ceases to bar, for comparing; what never does comes last."""
    return layer.until or _NEVER


def _granted(layer: _Layer, shown: str, grant: Grant) -> Decision:
    what = _SHOWN.get(grant.action) or _TO_WHOM[layer.word]
    return Decision(
        True,
        f"{what} by policy {layer.words.policy or 'unnamed'}: {layer.reason}",
        shown,
        policy=layer.words.policy,
        grant=grant,
        word=layer.word,
        release=layer.release,
    )


def _denied(action: Action, layer: _Layer, shown: str, known: bool) -> Decision:
    what = "its description is" if action is Action.READ_METADATA else "its data are"
    at = layer.until if shown == "public" else None
    until = "" if at is None else f" until {at.isoformat(' ')[:19]} UTC"
    step = _step(layer, known)
    remedy = _remedy(step, layer)
    return Decision(
        False,
        f"{what} {_TO_WHOM[layer.word]}{until} by policy {layer.words.policy or 'unnamed'}: {layer.reason}",
        shown,
        release_at=at,
        remedy=remedy if at is None else f"wait until then, or {remedy}",
        policy=layer.words.policy,
        word=layer.word,
        step=step,
        release=layer.release,
    )


def _step(layer: _Layer, known: bool) -> Step:
    """Return what may help: of insiders who are barred, only the mailed code is missing."""
    if layer.word == "email-code" or layer.inside:
        return Step.CODE
    if layer.word in _FOR_ACCOUNTS and not known:
        return Step.LOG_IN
    return Step.OWNER if layer.word == "embargo" else Step.CONTACT


def _remedy(step: Step, layer: _Layer) -> str:
    """Return the step in words, naming whom to ask."""
    return f"ask {layer.words.contact or 'the archive for access'}" if step is Step.CONTACT else str(step)
