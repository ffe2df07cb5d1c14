"""Signs the inventory of a staged AIP: only then may it be stored."""

from __future__ import annotations

from dataclasses import dataclass

from aip.staging import StagedAip
from oais.information.signature import Signer


class _Seal:
    """What only this module can make."""


_SEAL = _Seal()


@dataclass(frozen=True, slots=True)
class SealedAip:
    """A staged AIP whose inventory is signed; only ``seal`` can make one."""

    staged: StagedAip
    _seal: _Seal

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("a SealedAip is made by aip.sealing.seal only")


def seal(staged: StagedAip, signer: Signer) -> SealedAip:
    """Write the inventory, its sidecar and its signature into the staged version."""
    raise NotImplementedError
