"""What must be answered to whom: a table written from the specification of access, not from the code.

One row for each set of the world: who may read its description, who may have its data, and whether logging
in may help a stranger. Nothing here imports a policy or a decision; a difference between this table and the
archive is a fault of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNTS = (
    "registered",
    "member",
    "past member",
    "owner",
    "delegate",
    "past delegate",
    "provider",
    "archivist",
    "administrator",
)
"""Who has an account that may be used; each comes with a token that may do all that the account may."""

ACTIVE = ("stranger", "holder of a code", *ACCOUNTS, "owner with a reading token")
"""Everybody who is let in at all."""

REFUSED = ("disabled", "expired", "ended session", "made-up token")
"""Who proves himself with what does not count: that is told, and never taken for a stranger."""

NOBODIES = frozenset({"stranger", "holder of a code"})
"""Who is not logged in."""

ALL = frozenset(ACTIVE)
STAFF = frozenset({"archivist", "administrator"})
REGISTERED = frozenset({"registered", "member", "past member", "owner", "delegate", "past delegate"})
OWNER = frozenset({"owner"})
NONE: frozenset[str] = frozenset()
READER = frozenset({"owner with a reading token"})


@dataclass(frozen=True, slots=True)
class Row:
    """Who reads the description, who has the data, whose list names it, and whether a login may help.

    What is ``gone`` was withdrawn: who might read its description reads its tombstone, nobody has the data.
    """

    described: frozenset[str]
    had: frozenset[str]
    named: frozenset[str] | None = None
    login_helps: bool = False
    gone: bool = False

    def lists(self, who: str) -> bool:
        """Return whether a list may show that the set is there."""
        return who in (self.described if self.named is None else self.named)

    def status(self, who: str, *, data: bool) -> int:
        """Return what a page of the description, or the data themselves, answer."""
        if self.gone:
            return 410 if who in self.described else 404
        if who in (self.had if data else self.described):
            return 200
        if who not in self.described or (data and who in READER and "stranger" not in self.described):
            return 404  # a token that may not download asks for data as a stranger does
        return 401 if who in NOBODIES and self.login_helps else 403


ROWS = {
    "open": Row(ALL, ALL),
    "closed": Row(ALL, STAFF),
    "listed": Row(STAFF, STAFF, named=ALL),
    "hidden": Row(STAFF, STAFF),
    "for-holders-of-a-code": Row(ALL, STAFF | {"holder of a code"}),
    "for-accounts": Row(ALL, STAFF | REGISTERED, login_helps=True),
    "for-accounts-with-a-code": Row(ALL, STAFF, login_helps=True),
    "of-a-group": Row(ALL, STAFF | {"member"}, login_helps=True),
    "of-a-group-until-now": Row(ALL, ALL),
    "of-a-hidden-group": Row(STAFF | {"member"}, STAFF | {"member"}),
    "embargo-before": Row(ALL, STAFF | OWNER, login_helps=True),
    "embargo-on-the-day": Row(ALL, ALL),
    "embargo-after": Row(ALL, ALL),
    "embargo-without-dates": Row(ALL, STAFF | OWNER, login_helps=True),
    "embargo-with-a-late-visit": Row(ALL, ALL),
    "embargo-waived": Row(ALL, ALL),
    "embargo-excepted": Row(ALL, ALL),
    "embargo-of-nobody": Row(ALL, STAFF, login_helps=True),
    "delegated": Row(ALL, STAFF | OWNER | {"delegate"}, login_helps=True),
    "revoked": Row(ALL, STAFF | OWNER, login_helps=True),
    "opened-today": Row(ALL, ALL),
    "opening-later": Row(ALL, STAFF),
    "not-opened-yet": Row(STAFF | REGISTERED | READER, STAFF | REGISTERED),
    "versions": Row(ALL, STAFF),
    "first-version": Row(ALL, ALL),
    "family/child": Row(ALL, STAFF),
    "family/hidden-child": Row(STAFF, STAFF),
    "kin": Row(ALL, ALL),
    "kindred": Row(STAFF, STAFF),
    "nowhere": Row(frozenset(), frozenset()),
    "turned-away": Row(frozenset(), frozenset()),
    "once-embargoed": Row(ALL, STAFF | OWNER, login_helps=True),
    "then-excepted": Row(ALL, ALL),
    "once-excepted": Row(ALL, ALL),
    "then-embargoed": Row(ALL, STAFF | OWNER, login_helps=True),
    "once-open": Row(STAFF, STAFF, named=ALL),
    "then-hidden": Row(STAFF, STAFF),
    "once-hidden": Row(STAFF, STAFF),
    "then-open": Row(ALL, ALL),
    "tombstone-public": Row(ALL, NONE, gone=True),
    "tombstone-listed": Row(STAFF, NONE, named=ALL, gone=True),
    "tombstone-hidden": Row(STAFF, NONE, gone=True),
    "tombstone-of-a-hidden-group": Row(STAFF | {"member"}, NONE, gone=True),
    "withdrawal-asked": Row(ALL, ALL),
    "withdrawn-and-back": Row(ALL, ALL),
}
"""``versions`` is closed in its second version, while its first lies at ``first-version``, open to all.
``kindred`` begins as ``kin`` does and is none of it. ``nowhere`` was never made, ``turned-away`` was refused.
What was ``once`` is the first version of a package and what is ``then`` its second: each by what was sealed
in it, but a package whose newest version lies hidden is hidden with all its versions, wherever they lie.
A ``tombstone`` stands for a package that two archivists withdrew: 410 to whoever might read its description,
to all others what never was. Until the second one approves it is as it was, and so is one that came back.
"""

DUTIES = {
    "care for one's own account": frozenset(ACCOUNTS),
    "deliver data": frozenset({"provider"}) | STAFF,
    "manage people and groups": frozenset({"administrator"}),
    "manage policies and embargoes": STAFF,
    "manage the archive": STAFF,
    "see the log of security events": frozenset({"administrator"}),
}
"""Who may do what apart from reading data. A token for reading sees what its owner sees;
it downloads nothing and does nothing for him.
"""

MOMENTS = {
    "embargo-before": "2027-01-10T00:00:00+00:00",
    "embargo-on-the-day": "2026-06-15T00:00:00+00:00",
    "once-embargoed": "2027-02-01T00:00:00+00:00",
    "then-embargoed": "2027-02-01T00:00:00+00:00",
    "of-a-group": "2030-01-01T00:00:00+00:00",
    "opening-later": "2028-02-29T00:00:00+00:00",
    "not-opened-yet": "2029-01-01T00:00:00+00:00",
}
"""The first moment at which a set is open to all; one second earlier it is not."""
