"""Proves that a stored AIP still is what was sealed, or names the exact path that is not.

Every byte below the object is accounted for: content by its digest, inventories by sidecar and signature,
the log by its own chain, and anything else as added. Unreadable is told apart from changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path

from aip.audit_log import append_audit, check_audit_log
from aip.audit_plan import ContentPlan, check_names, check_place, plan_content
from aip.seals import believed_inventory
from aip.stored import INVENTORY, StoredAip
from oais.information.findings import Finding, finding, refuses
from oais.information.fixity import FileFixity, hash_files, usable_cores

_LARGE_INVENTORY = 8 << 20
"""From this size on, one AIP at a time is read by all cores: two such inventories at once take memory."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """One audit of one AIP: what was read and what was found; paths are relative to the object."""

    aip_id: str
    head: int
    started_at: str
    ended_at: str
    algorithms: tuple[str, ...]
    files: int
    bytes: int
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing worse than a warning was found."""
        return not refuses(self.findings)


def audit_aip(
    stored: StoredAip | Path,
    trusted: Mapping[str, bytes],
    *,
    algorithms: Sequence[str] = ("blake3",),
    from_disk: bool = True,
    record: bool = True,
    workers: int | None = None,
) -> AuditResult:
    """Audit one AIP (a Path is its object root) and append the result to its ``logs/audits.jsonl``.

    ``trusted`` maps key ids to public keys (PEM). ``algorithms`` are what each file is hashed with
    (``sha512``, ``sha256``, ``blake3``); empty is the light audit of names. ``from_disk`` drops the page
    cache first. What is found never raises.
    """
    root = stored if isinstance(stored, Path) else stored.path
    started = _now()
    believed = believed_inventory(root, trusted)
    findings = list(believed.findings)
    files = size = 0
    if believed.inventory is not None:
        plan = plan_content(root, believed.inventory, algorithms, from_disk=from_disk)
        hashing = _begun(_hashed(root, plan, from_disk, workers))
        findings.extend(check_place(root, believed.inventory))
        findings.extend(check_names(root, believed.inventory))
        for path, found in hashing:
            files += 1
            size += found.size
            findings.extend(_compare(path, plan.expected[path], found))
    findings.extend(check_audit_log(root))
    head = believed.inventory.head if believed.inventory else 0
    name = believed.inventory.aip_id if believed.inventory else root.name
    unique = tuple(dict.fromkeys(findings))
    result = AuditResult(name, head, started, _now(), tuple(algorithms), files, size, unique)
    return _recorded(root, result) if record else result


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _begun(hashing: Iterator[tuple[str, FileFixity]]) -> Iterator[tuple[str, FileFixity]]:
    """Let the other processes begin to hash, so that they work while this one looks at the names."""
    return chain(list(islice(hashing, 1)), hashing)


def _hashed(
    root: Path, plan: ContentPlan, from_disk: bool, workers: int | None
) -> Iterator[tuple[str, FileFixity]]:
    for algorithms, paths in plan.groups():
        full = (f"{root}/{path}" for path in paths)
        done = hash_files(full, algorithms, workers=workers, from_disk=from_disk)
        for path, (_, found) in zip(paths, done, strict=True):
            yield path, found


def _compare(path: str, expected: Mapping[str, str], found: FileFixity) -> Iterator[Finding]:
    if found.problem == "missing":
        yield finding("AIP-002", path, f"{path} is missing")
    elif found.problem == "special":
        yield finding("AIP-012", path, f"{path} is not a regular file")
    elif found.problem.startswith("unreadable"):
        yield finding("AIP-004", path, f"{path} is {found.problem}")
    else:
        wrong = [name for name, digest in found.digests.items() if expected[name] != digest]
        if wrong or found.problem:
            name = next(iter(wrong or found.digests))
            was = f"{name} of {path} is {found.digests[name][:16]}… ({found.size} bytes)"
            yield finding("AIP-001", path, f"{was}, expected {expected[name][:16]}…")


def _recorded(root: Path, result: AuditResult) -> AuditResult:
    entry = {
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "head": result.head,
        "algorithms": list(result.algorithms),
        "files": result.files,
        "bytes": result.bytes,
        "findings": [found.as_dict() for found in result.findings],
    }
    try:
        append_audit(root, entry)
    except OSError as error:
        told = finding("AIP-013", root.name, f"the log of {result.aip_id}: {error.strerror}")
        return replace(result, findings=(*result.findings, told))
    return result


def audit_aips(
    stored: Iterable[StoredAip | Path],
    trusted: Mapping[str, bytes],
    *,
    algorithms: Sequence[str] = ("blake3",),
    from_disk: bool = True,
    record: bool = True,
    workers: int | None = None,
) -> Iterator[AuditResult]:
    """Audit many AIPs on all cores, in the order given; see ``audit_aip``.

    ``stored`` may be endless. AIPs are shared out among processes, which have nothing to tell each other
    then; one that is very large, or alone, is hashed by all of them.
    """
    count = workers if workers is not None else usable_cores()
    roots = (item if isinstance(item, Path) else item.path for item in stored)
    one = partial(
        audit_aip, trusted=dict(trusted), algorithms=tuple(algorithms), from_disk=from_disk, record=record
    )
    first = list(islice(roots, count))
    if len(first) < count:
        yield from (one(root, workers=count) for root in first)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("fork")) as pool:
        waiting: deque[Callable[[], AuditResult]] = deque()
        for root in chain(first, roots):
            if _is_large(root):
                waiting.append(partial(one, root, workers=count))
            else:
                waiting.append(pool.submit(one, root, workers=1).result)
            if len(waiting) > 32 * count:
                yield waiting.popleft()()
        while waiting:
            yield waiting.popleft()()


def _is_large(root: Path) -> bool:
    try:
        return (root / INVENTORY).stat().st_size >= _LARGE_INVENTORY
    except OSError:
        return False
