"""The policies as an archivist keeps an eye on them: what is in force since when, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oais.functions.access.places import check_page
from oais.functions.access.views import Page
from oais.functions.policy.belonging import unknown_groups
from oais.functions.policy.comparing import in_words
from oais.functions.policy.history import PolicyChange, policy_history
from oais.functions.service import Service
from oais.information.findings import Finding

PLACES_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """A place of the tree and the words in force there."""

    node: str
    words: str


@dataclass(frozen=True, slots=True)
class PolicyDesk:
    """The policies in force, the changes so far, and the faults of files that are therefore not in force.

    ``trouble`` says what is wrong in all, empty where nothing is; ``warnings`` are of what is in force.
    """

    digest: str
    history: tuple[PolicyChange, ...]
    findings: tuple[Finding, ...]
    places: tuple[PlaceWords, ...]
    page: Page
    trouble: str = ""
    warnings: tuple[Finding, ...] = ()


def policy_desk(service: Service, page: int = 1) -> PolicyDesk:
    """Return in what state the policies are, with a page of the places of the tree.

    Raises WrongUsageError for a page that no list has, StorageError, DamageError.
    """
    check_page(page)
    findings = service.archive.in_force.findings()
    policies = service.archive.policies
    nodes = list(policies.tree.nodes())
    shown = nodes[(page - 1) * PLACES_SHOWN : page * PLACES_SHOWN]
    return PolicyDesk(
        digest=policies.digest,
        history=tuple(policy_history(service.archive.home)),
        findings=findings,
        places=tuple(PlaceWords(node.path, in_words(node.words)) for node in shown),
        page=Page(page, PLACES_SHOWN, len(nodes)),
        trouble=service.archive.in_force.trouble(),
        warnings=unknown_groups(policies, service.database),
    )
