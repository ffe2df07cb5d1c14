"""Since when which policies are in force: every change goes into the ledger and is a security event."""

from __future__ import annotations

from oais.disk_faults import storage_errors
from oais.functions.ledger.recording import record_change
from oais.functions.ledger.unrecorded import marked
from oais.functions.policy.history import LOG, PolicyChange, policy_history
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.chained_log import append_entry
from policies.loading import PolicySet


def record_policies(service: Service) -> None:
    """Record which policies are in force, if they are others than last time, and every change from now on.

    No other policies come in force without a record. Raises StorageError, DamageError.
    """

    def note(policies: PolicySet) -> None:
        before = next(iter(policy_history(service.archive.home)), None)
        if before is not None and before.digest == policies.digest:
            return
        change = PolicyChange(service.archive.now(), policies.digest, dict(policies.digests))
        with marked(service.archive):
            with storage_errors("recording the policies in force"):
                entry = {"since": change.since, "policies": change.digest, "files": change.files}
                append_entry(service.archive.home / LOG, entry)
            record_change(service.archive, change)
        facts = {"before": "" if before is None else before.digest}
        record(service, "policies in force", subject=policies.digest, **facts)

    service.archive.in_force.watched_by(note)
