"""Who asks, and which duties of the archive they may do; whoever is not an active account is a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a principal is to the archive."""

    ANONYMOUS = "anonymous"
    REGISTERED = "registered"
    PROVIDER = "provider"
    ARCHIVIST = "archivist"
    ADMINISTRATOR = "administrator"


class State(StrEnum):
    """Whether an account may be used; one that is not active has no more rights than a stranger."""

    ACTIVE = "active"
    PENDING = "pending"
    DISABLED = "disabled"
    EXPIRED = "expired"


class Scope(StrEnum):
    """What an API token may be used for; a person's own session is not limited."""

    READ = "read"
    DOWNLOAD = "download"
    DEPOSIT = "deposit"
    ACCOUNT = "account"
    ADMINISTER = "administer"


class Duty(StrEnum):
    """What a principal may ask to do apart from reading data."""

    OWN_ACCOUNT = "care for one's own account"
    DEPOSIT = "deliver data"
    MANAGE_PEOPLE = "manage people and groups"
    MANAGE_POLICY = "manage policies and embargoes"
    MANAGE_ARCHIVE = "manage the archive"
    SEE_LOG = "see the log of security events"


@dataclass(frozen=True, slots=True)
class Membership:
    """That somebody belongs to a group, known by its identifier, before ``until`` (None: for good)."""

    group: str
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether the membership has not ended."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: decided by identifiers, never by a name that could be taken.

    ``requests`` are the observation requests whose PI or co-PI this is, ``delegated`` those that an active
    owner shared; ``agreements`` those a provider may deliver under. ``code_until`` ends the download session
    that an access code opened in this browser; ``code_confirmed`` says that a code mailed to the account's
    own address was given in this session. ``scopes`` limit an API token; None is a person's own session.
    """

    identifier: str = ""
    role: Role = Role.ANONYMOUS
    state: State = State.ACTIVE
    groups: tuple[Membership, ...] = ()
    requests: frozenset[str] = frozenset()
    delegated: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()
    code_until: datetime | None = None
    code_confirmed: bool = False
    scopes: frozenset[str] | None = None


ANONYMOUS: Final = Principal()

STAFF: Final = frozenset({Role.ARCHIVIST, Role.ADMINISTRATOR})
"""Who may see and download all that the archive holds."""

_ACCOUNTS = frozenset({Role.REGISTERED, Role.PROVIDER}) | STAFF
_DUTIES: Mapping[Duty, tuple[Scope, frozenset[Role]]] = {
    Duty.OWN_ACCOUNT: (Scope.ACCOUNT, _ACCOUNTS),
    Duty.DEPOSIT: (Scope.DEPOSIT, frozenset({Role.PROVIDER}) | STAFF),
    Duty.MANAGE_PEOPLE: (Scope.ADMINISTER, frozenset({Role.ADMINISTRATOR})),
    Duty.MANAGE_POLICY: (Scope.ADMINISTER, STAFF),
    Duty.MANAGE_ARCHIVE: (Scope.ADMINISTER, STAFF),
    Duty.SEE_LOG: (Scope.ADMINISTER, frozenset({Role.ADMINISTRATOR})),
}


def recognized(principal: Principal, scope: Scope) -> bool:
    """Return whether the principal is an active account, asking with a right of that scope."""
    return (
        principal.identifier != ""
        and principal.state is State.ACTIVE
        and (principal.scopes is None or scope in principal.scopes)
    )


def may(principal: Principal, duty: Duty) -> bool:
    """Return whether the principal may do a duty; a duty that nobody knows is denied."""
    needed = _DUTIES.get(duty)
    return needed is not None and principal.role in needed[1] and recognized(principal, needed[0])
