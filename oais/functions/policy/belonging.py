"""Groups that the policies name and nobody made: their words admit nobody."""

from __future__ import annotations

from oais.database import groups
from oais.database.engine import Database
from oais.information.findings import Finding, finding
from policies.loading import ACCESS_FILE, PolicySet


def unknown_groups(policies: PolicySet, database: Database | None) -> tuple[Finding, ...]:
    """Return a warning for each group that a policy names and the database does not have.

    Without a database there are no groups at all.
    """
    if database is None:
        made = set[str]()
    else:
        with database.reading() as connection:
            made = {group.identifier for group in groups.listed(connection)}
    return tuple(
        finding("POL-002", f"{ACCESS_FILE}: {name}", f"found the group {group!r}, which nobody made")
        for name, words in sorted(policies.access.policies.items())
        for group in words.groups
        if group not in made
    )
