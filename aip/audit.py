"""Proves that a stored AIP still is what was sealed, or names the exact path that is not.

Every byte below the object is accounted for: content by its digest, inventories by sidecar and signature,
the log by its own chain, and anything else as added. Unreadable is told apart from changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from aip.audit_log import RollUp, append_audit, check_audit_log, keep_audits, recorded_audits
from aip.audit_names import Met, Stamp, names_in, sizes_of
from aip.audit_plan import ContentPlan, check_names, check_place, plan_content
from aip.seals import believed_inventory
from aip.stored import StoredAip
from oais.information.budget import Budget
from oais.information.findings import Finding, finding, refuses
from oais.information.fixity import FileFixity
from oais.information.many_files import hash_files
from oais.information.premis import EventType, Outcome
from oais.information.software import software_version

UNREADABLE = "AIP-004"
"""The code of what the disk does not give: it may be whole."""

UNREADABLE_BESIDE = "AUD-009"
"""The same of what is no part of an AIP: a receipt, the storage root's own files, the ledger."""


@dataclass(frozen=True, slots=True)
class AuditTask:
    """An object root to audit; ``at`` is now (UTC, ISO 8601), empty for the system's clock.

    ``earlier`` counts the audits since the last line of its log.
    """

    root: Path
    at: str = ""
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class AuditResult:
    """One audit of one AIP: what was read and what was found; paths are relative to the object.

    ``stamp`` sums up names, sizes and times of its content, ``recorded`` tells whether its log got a line.
    """

    aip_id: str
    head: int
    started_at: str
    ended_at: str
    algorithms: tuple[str, ...]
    files: int
    bytes: int
    findings: tuple[Finding, ...]
    root: str = ""
    stamp: str = ""
    recorded: bool = False

    @property
    def intact(self) -> bool:
        """Whether nothing worse than a warning was found."""
        return not refuses(self.findings)

    @property
    def only_unreadable(self) -> bool:
        """Whether all that stands against it is that the disk did not give it: it may be whole."""
        wrong = [found for found in self.findings if refuses([found])]
        return bool(wrong) and all(found.code in (UNREADABLE, UNREADABLE_BESIDE) for found in wrong)


def audit_aip(
    stored: StoredAip | Path | AuditTask,
    trusted: Mapping[str, bytes],
    *,
    algorithms: Sequence[str] = ("blake3",),
    from_disk: bool = True,
    record: bool | RollUp = True,
    workers: int | None = None,
    budget: Budget | None = None,
    durable: bool = True,
) -> AuditResult:
    """Audit one AIP (a Path is its object root) and append the result to its ``logs/audits.jsonl``.

    ``trusted`` maps key ids to public keys (PEM). ``algorithms`` are what each file is hashed with
    (``sha512``, ``sha256``, ``blake3``); empty is the light audit of names. ``from_disk`` drops the page
    cache first. A RollUp says when a line is written; one that is not made ``durable`` here counts only when
    ``keep_recorded`` has. What is found never raises.
    """
    task = task_of(stored)
    root, started, began = task.root, task.at or _stamped(datetime.now(UTC)), monotonic()
    believed = believed_inventory(root, trusted)
    findings = list(believed.findings)
    stamp, files, size = Stamp(), 0, 0
    if believed.inventory is not None:
        met = names_in(root)
        findings += [*check_place(root, believed.inventory), *check_names(met, believed.inventory)]
        plan = plan_content(root, believed.inventory, algorithms)
        for path, expected, found in _hashed(root, plan, met, from_disk, workers, budget):
            files += 1
            size += found.size
            stamp.add(path, found.size, found.modified_ns)
            if found.problem or found.digests != expected:
                findings += _compare(path, expected, found)
        if not algorithms:
            for path, status in sizes_of(root, plan.paths):
                stamp.add(path, status.st_size, status.st_mtime_ns)
    findings += check_audit_log(root)
    head = believed.inventory.head if believed.inventory else 0
    name = believed.inventory.aip_id if believed.inventory else root.name
    ended = _stamped(datetime.fromisoformat(started) + timedelta(seconds=monotonic() - began))
    unique = tuple(dict.fromkeys(findings))
    result = AuditResult(
        name, head, started, ended, tuple(algorithms), files, size, unique, str(root), str(stamp)
    )
    return _recorded(task, result, record, durable)


def task_of(stored: StoredAip | Path | AuditTask) -> AuditTask:
    """Return the task of an AIP, or of its object root, that nothing more is said of."""
    if isinstance(stored, AuditTask):
        return stored
    return AuditTask(stored if isinstance(stored, Path) else stored.path)


def _stamped(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _hashed(
    root: Path, plan: ContentPlan, met: Met, from_disk: bool, workers: int | None, budget: Budget | None
) -> Iterator[tuple[str, dict[str, str], FileFixity]]:
    """Yield each content path with the digests it should have, and those that it has."""
    for algorithms, group in plan.groups():
        paths, tables = met.in_disk_order(group), [(name, plan.digests[name]) for name in algorithms]
        full = (f"{root}/{path}" for path in paths)
        done = hash_files(full, algorithms, workers=workers, from_disk=from_disk, budget=budget)
        for path, (_, found) in zip(paths, done, strict=True):
            yield path, {name: table[path] for name, table in tables}, found


def _compare(path: str, expected: Mapping[str, str], found: FileFixity) -> Iterator[Finding]:
    if found.problem == "missing":
        yield finding("AIP-002", path, f"{path} is missing")
    elif found.problem == "special":
        yield finding("AIP-012", path, f"{path} is not a regular file")
    elif found.problem.startswith("unreadable"):
        yield finding(UNREADABLE, path, f"{path} is {found.problem}")
    else:
        wrong = [name for name, digest in found.digests.items() if expected[name] != digest]
        if wrong or found.problem:
            name = next(iter(wrong or found.digests))
            was = f"{name} of {path} is {found.digests[name][:16]}… ({found.size} bytes)"
            yield finding("AIP-001", path, f"{was}, expected {expected[name][:16]}…")


def keep_recorded(results: Sequence[AuditResult]) -> list[AuditResult]:
    """Make the lines written for these results durable; where the disk does not confirm it, none of them is.

    Waiting for the disk once for some audits takes a fraction of waiting for each.
    """
    try:
        keep_audits(Path(result.root) for result in results if result.recorded)
    except OSError as error:
        return [_unrecorded(result, error) if result.recorded else result for result in results]
    return list(results)


def _recorded(task: AuditTask, result: AuditResult, record: bool | RollUp, durable: bool) -> AuditResult:
    """Write the result down as a PREMIS event, unless it can wait to be rolled up with others."""
    if record is False:
        return result
    entry = {
        "event": EventType.FIXITY_CHECK.value,
        "outcome": (Outcome.SUCCESS if result.intact else Outcome.FAIL).value,
        "agent": f"oais {software_version()}",
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "head": result.head,
        "algorithms": list(result.algorithms),
        "files": result.files,
        "bytes": result.bytes,
        "audits": task.earlier + 1,
        "findings": [found.as_dict() for found in result.findings],
    }
    if isinstance(record, RollUp) and not record.wants(recorded_audits(task.root), entry):
        return result
    try:
        append_audit(task.root, entry, durable=durable)
    except OSError as error:
        return _unrecorded(result, error)
    return replace(result, recorded=True)


def _unrecorded(result: AuditResult, error: OSError) -> AuditResult:
    name = Path(result.root).name
    told = finding("AIP-013", name, f"the log of {result.aip_id}: {error.strerror}")
    return replace(result, findings=(*result.findings, told), recorded=False)
