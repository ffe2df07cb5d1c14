"""The keys by which an audit proves: where ``trust/`` is damaged, those that are left, so that it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oais.archive import Home, keys_lying_in
from oais.errors import StorageError
from oais.information.findings import Finding, finding
from oais.information.trust_folder import TRUST, Reached, reached_in


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubted(Home):
    """An archive whose lists of trusted keys do not follow each other, with the keys that are left."""

    keys: Mapping[str, bytes]
    ends: Mapping[str, int]

    def trusted_keys(self) -> dict[str, bytes]:
        """Return the keys of the lists that follow, and those that lie in ``keys/trusted``."""
        return dict(self.keys)

    def ended_keys(self) -> dict[str, int]:
        """Return the ends that the lists tell which follow."""
        return dict(self.ends)


def audited_home(home: Home) -> tuple[Home, tuple[Finding, ...]]:
    """Return the archive as an audit can go on with it, and what is wrong in ``trust/``; raises StorageError.

    What was signed by a key of no list that is sound is compared with ``keys/trusted``, which proves no more
    than that nothing else was changed: the finding stands until ``trust/`` is whole.
    """
    try:
        reached = reached_in(home.home)
    except StorageError as error:
        reached = Reached(None, True, ())
        told: tuple[Finding, ...] = (finding("AUD-009", TRUST, error.message),)
    else:
        told = tuple(finding("AUD-019", path, message) for path, message in reached.faults)
    if not reached.broken:
        return home, told
    root = reached.root
    keys = {**keys_lying_in(home.home), **(root.keys if root is not None else {})}
    ends = root.ends if root is not None else {}
    doubted = _Doubted(
        home=home.home,
        settings=home.settings,
        clock=home.clock,
        warnings=home.warnings,
        keys=keys,
        ends=ends,
    )
    return doubted, told
