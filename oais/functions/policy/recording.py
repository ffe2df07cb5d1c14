"""Since when which policies are in force: every change goes into the ledger and is a security event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oais.errors import DamageError
from oais.files import storage_errors
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.chained_log import append_entry
from policies.loading import PolicySet

_LOG = "ledger/policies.jsonl"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """Since when policies of this digest are in force; ``files`` has the digest of each."""

    since: str
    digest: str
    files: Mapping[str, str]


def record_policies(service: Service) -> None:
    """Record which policies are in force, if they are others than last time, and every change from now on.

    No other policies come in force without a record. Raises StorageError, DamageError.
    """

    def note(policies: PolicySet) -> None:
        before = next(iter(policy_history(service.archive.home)), None)
        if before is not None and before.digest == policies.digest:
            return
        since, files = service.archive.now(), dict(policies.digests)
        with storage_errors("recording the policies in force"):
            entry = {"since": since, "policies": policies.digest, "files": files}
            append_entry(service.archive.home / _LOG, entry)
        facts = {"before": "" if before is None else before.digest}
        record(service, "policies in force", subject=policies.digest, **facts)

    service.archive.in_force.watched_by(note)


def policy_history(home: Path) -> list[PolicyChange]:
    """Return since when which policies were in force, the newest first; raises StorageError, DamageError."""
    path = home / _LOG
    with storage_errors("reading which policies were in force"):
        lines = path.read_bytes().splitlines() if path.exists() else []
    try:
        rows = [json.loads(line) for line in lines]
        return [PolicyChange(row["since"], row["policies"], row["files"]) for row in reversed(rows)]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DamageError(
            f"a line of {_LOG} cannot be read", remedy="restore it from a copy of the ledger"
        ) from error
