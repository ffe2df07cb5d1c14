"""How a package is kept, told without reading its bytes again: audits, copies, signature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from aip.seals import signer_of
from aip.stored import AUDITS, SIDECAR, StoredAip, sidecar_digest
from oais.archive import Home
from oais.functions.access.views import AuditView, PreservationView
from oais.functions.copies.locations import roots

_LONGEST_AUDIT_LOG: Final = 1 << 20


def preservation_view(home: Home, stored: StoredAip, version: int, *, audited: bool) -> PreservationView:
    """Return how a version is kept; its audit only where it may be told (``audited``).

    A copy counts where the newest inventory lies with the digest that the archive's own has. Raises
    DamageError when the list of locations is not what was written, StorageError.
    """
    place = stored.path.relative_to(home.aip_root)
    held = roots(home)
    return PreservationView(
        audit=last_audit(stored) if audited else None,
        copies=sum(_is_copy(root / place, stored) for root in held.values()),
        locations=len(held),
        key=signer_of(stored.path, version, home.trusted_keys()),
    )


def _is_copy(path: Path, stored: StoredAip) -> bool:
    return sidecar_digest(path / SIDECAR) == stored.inventory_digest


def last_audit(stored: StoredAip) -> AuditView | None:
    """Return the newest line of the audit log; a line that cannot be read tells nothing."""
    try:
        with (stored.path / AUDITS).open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - _LONGEST_AUDIT_LOG))
            lines = log.read().splitlines()
        return _audit_view(json.loads(lines[-1]))
    except (OSError, ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return None


def _audit_view(plain: dict[str, Any]) -> AuditView:
    findings = tuple({"code": "", "message": "", **item} for item in plain.get("findings", ()))
    return AuditView(
        at=str(plain.get("ended_at", plain.get("started_at", ""))),
        intact=not findings,
        files=int(plain.get("files", 0)),
        size=int(plain.get("bytes", 0)),
        findings=findings,
    )
