"""One run of an audit: begun or gone on with, each result noted as it comes, all of it told at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from aip.audit import UNREADABLE_BESIDE, AuditResult, AuditTask
from aip.audit_log import RollUp
from aip.audit_many import audit_aips
from aip.root_files import check_root_files
from oais.archive import Home, timestamp
from oais.disk_faults import storage_errors
from oais.errors import ArchiveError
from oais.files import make_directories
from oais.functions.audit.around import Around, around_aips
from oais.functions.audit.depths import Depth
from oais.functions.audit.due import due_at
from oais.functions.audit.register import Chosen, Register, Run
from oais.functions.audit.selecting import Selection
from oais.functions.audit.summary import AuditSummary
from oais.functions.audit.trusting import audited_home
from oais.functions.completeness import missing_from_store, storage_root_findings
from oais.functions.copies.locations import HOME
from oais.functions.ledger.late import signed_too_late
from oais.information.budget import Budget
from oais.information.findings import Finding, Severity
from oais.information.identifiers import object_path
from oais.locks import exclusive_lock

_KEPT_EVERY: Final = 0.5
"""Seconds after which what was noted is kept, come what may."""

_GONE_ON_WITH: Final = timedelta(days=7)
"""How old an unfinished run may be: results of before say too little of now."""

_LONGEST_DUE: Final = timedelta(days=1)
"""How long a run of what is due may last before it is told of: what is due then is of the next run."""

_TOLD_BEFORE: Final = frozenset({"LED-004", UNREADABLE_BESIDE})
"""What the ledger misses or cannot read, which the audit of the thing itself may have told already."""

_DEEPEST_FIRST: Final = (Depth.FULL, Depth.FAST, Depth.LIGHT)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run reads: how deep (None: what is due by the settings), from the disk or its cache, how fast.

    ``anew`` begins again what was stopped, ``enough`` asks after each AIP whether to stop, ``look`` is
    whether to look for AIPs that are new or gone first, ``beside`` whether to compare what lies beside them.
    """

    depth: Depth | None = Depth.FAST
    from_disk: bool = True
    budget: Budget | None = None
    anew: bool = False
    look: bool = True
    beside: bool = True
    enough: Callable[[], bool] = lambda: False


class AuditRun:
    """A run that was opened: its ``results`` are read once, and then its ``summary`` tells of all of it."""

    def __init__(self, archive: Home, chosen: Selection, manner: Manner, register: Register) -> None:
        self._archive, self._trust = audited_home(archive)
        self._chosen, self._manner, self._register = chosen, manner, register
        depth = manner.depth or "as due"
        now = archive.clock()
        oldest = now if manner.anew or chosen.aip_id else now - _GONE_ON_WITH
        self.run: Run = register.begin(f"{chosen.scope}, {depth}", archive.now(), timestamp(oldest))
        self.complete = self._late = False
        self._around: Around | None = None

    def results(self) -> Iterator[AuditResult]:
        """Audit what this run has not read yet; each result is noted before it is given."""
        if self._chosen.aip_id:
            self._register.add(self._chosen.roots)
        elif self._manner.look:
            self._register.look_for_new()
        for depth, tasks in self._parts():
            yield from self._read(depth, tasks)
            if self._manner.enough():
                self.complete = self._is_late()
                return
        self.complete = True

    def _is_late(self) -> bool:
        """Return whether a run of what was due has lasted so long that it is told of, and begun anew."""
        end = datetime.fromisoformat(self.run.started_at) + _LONGEST_DUE
        self._late = self._chosen.due and self._archive.clock() >= end
        return self._late

    def _parts(self) -> Iterator[tuple[Depth, Iterator[AuditTask]]]:
        chosen, run = self._chosen, self.run
        if chosen.due:
            for depth in _DEEPEST_FIRST:
                if self._manner.depth in (None, depth):
                    due = due_at(self._archive, depth, run.started_at, chosen)
                    yield depth, self._register.tasks(run, due)
        elif chosen.everything:
            yield self._depth, self._register.tasks(run, Chosen(part=chosen.part))
        else:
            found = (self._register.task(run, root) for root in chosen.roots)
            yield self._depth, (task for task in found if task is not None)

    @property
    def _depth(self) -> Depth:
        return self._manner.depth or Depth.FAST

    def _read(self, depth: Depth, tasks: Iterator[AuditTask]) -> Iterator[AuditResult]:
        """Read to one depth; what a light audit finds changed is read whole at once."""
        changed: list[AuditTask] = []
        for result in self._audited(depth, tasks):
            if depth is Depth.LIGHT and self._looks_changed(result):
                changed.append(AuditTask(self._chosen.root / result.root, result.started_at))
            self._register.note(self.run, result)
            yield result
        for result in self._audited(Depth.FAST, iter(changed)) if changed else ():
            self._register.note(self.run, result, again=True)

    def _looks_changed(self, result: AuditResult) -> bool:
        known = self._register.stamp_of(result.root)
        return bool(known) and known != result.stamp

    def _audited(self, depth: Depth, tasks: Iterator[AuditTask]) -> Iterator[AuditResult]:
        results = audit_aips(
            tasks,
            self._archive.trusted_keys(),
            algorithms=depth.algorithms,
            from_disk=self._manner.from_disk,
            record=self._recording(),
            workers=self._archive.settings.workers or None,
            budget=self._manner.budget,
            meanwhile=self._look_around,
        )
        since = kept = monotonic()
        try:
            for result in results:
                yield result
                if (now := monotonic()) - kept > _KEPT_EVERY:
                    kept = now
                    self._register.keep()
                if self._manner.enough():
                    return
        finally:
            results.close()  # type: ignore[attr-defined]  # it is a generator
            self._register.add_seconds(self.run, monotonic() - since)
            self._register.keep()

    def _recording(self) -> bool | RollUp:
        """Of the archive's own AIPs the log is kept, one that was asked for by name always."""
        if self._chosen.location != HOME:
            return False
        return bool(self._chosen.aip_id) or RollUp(self._archive.settings.audit_record_days)

    def summary(self) -> AuditSummary:
        """Tell of the whole run; one that is complete also looks for what is missing, and is ended."""
        damaged = {result.root: result for result in self._register.troubled(self.run)}
        told = {result.aip_id: result for result in damaged.values()}
        warnings = [*self._archive.warnings, *filter(None, [self._register.warning])]
        if self._late:
            warnings.append("not all that was due was read within a day: the next run goes on with it")
        if self.complete:
            warnings += self._add_missing(told)
            self._register.end(self.run, self._archive.now())
        total = self._register.total(self.run)
        return AuditSummary(
            self.run.started_at,
            self._archive.now(),
            total["aips"],
            total["files"],
            total["bytes"],
            tuple(told.values()),
            tuple(warnings),
            scope=self._chosen.scope,
            depth=self._manner.depth or "as due",
            location=self._chosen.location,
            seconds=total["seconds"],
            resumed=self.run.resumed,
            complete=self.complete,
            beside={} if self._around is None else self._around.as_plain(),
        )

    def _add_missing(self, damaged: dict[str, AuditResult]) -> list[str]:
        """Add what is not there, or not as the ledger has it; return what is no more than a warning."""
        warnings = []
        for about, found in self._missing():
            if found.severity is not Severity.ERROR:
                warnings.append(f"{found.message}. {found.remedy.removesuffix('.')}")
            elif not (found.code in _TOLD_BEFORE and _is_told(found, damaged)):
                known = damaged.get(about) or _unread(about, self.run.started_at)
                damaged[about] = replace(known, findings=(*known.findings, found))
        return warnings

    def _missing(self) -> Iterator[tuple[str, Finding]]:
        archive, chosen = self._archive, self._chosen
        whole = chosen.everything or chosen.due
        yield from (("trust/", found) for found in self._trust)
        yield from (("aip/", found) for found in self._about_root(whole and chosen.part.number == 1))
        if chosen.location != HOME:
            return
        if whole or chosen.aip_id:
            for about, found in missing_from_store(archive, self._register.head_of, chosen.aip_id):
                if chosen.aip_id or chosen.part.holds(object_path(about)):
                    yield about, found
        if chosen.aip_id:
            yield from ((chosen.aip_id, found) for found in signed_too_late(archive, chosen.aip_id))
        if whole and chosen.part.number == 1:
            self._around = self._around or self._looked_around()
            yield from self._around.found

    def _look_around(self) -> None:
        """Look around the AIPs while the last are read; what the disk refuses is asked again at the end."""
        whole = self._chosen.everything and self._chosen.location == HOME
        if whole and self._chosen.part.number == 1 and self._around is None:
            with suppress(ArchiveError):
                self._around = self._looked_around()

    def _looked_around(self) -> Around:
        how, all_read = self._manner, self._chosen.everything and self._manner.depth is Depth.FULL
        return around_aips(self._archive, beside=how.beside, refused=all_read, budget=how.budget)

    def _about_root(self, files: bool) -> Iterator[Finding]:
        """Yield what is wrong with the storage root itself, and with the files in it that are of no AIP."""
        root = self._chosen.root
        yield from storage_root_findings(self._archive, root)
        if files and root.is_dir():
            yield from check_root_files(root, self._archive.trusted_keys().values())


def _is_told(found: Finding, damaged: Mapping[str, AuditResult]) -> bool:
    """Return whether that is what the audit of the thing itself told already."""
    folders = tuple("aip/" if about == "aip/" else f"aip/{object_path(about)}/" for about in damaged)
    paths = {other.path for result in damaged.values() for other in result.findings}
    return found.path.startswith(folders) or found.path in paths


def _unread(about: str, started: str) -> AuditResult:
    return AuditResult(about, 0, started, started, (), 0, 0, ())


@contextmanager
def opened_run(archive: Home, chosen: Selection, manner: Manner) -> Iterator[AuditRun]:
    """Open a run and keep what it notes, however it ends.

    Raises StorageError while another process is at a run of the same scope.
    """
    with ExitStack() as held:
        register = Register(archive, chosen.location, chosen.root)
        held.callback(register.close)
        if not (register.warning or chosen.aip_id):
            held.enter_context(_alone(archive, f"{chosen.location} {chosen.scope} {manner.depth}"))
        yield AuditRun(archive, chosen, manner, register)


@contextmanager
def _alone(archive: Home, what: str) -> Iterator[None]:
    locks = archive.staging / "locks"
    with storage_errors("the locks of audits"):
        make_directories(locks)
    name = hashlib.sha256(what.encode()).hexdigest()[:16]
    with exclusive_lock(locks / f"audit-{name}.lock", "this audit", wait=False):
        yield


def run_audit(
    archive: Home,
    chosen: Selection,
    *,
    full: bool = False,
    from_disk: bool = True,
    progress: Callable[[AuditResult], None] | None = None,
    manner: Manner | None = None,
) -> AuditSummary:
    """Audit what was chosen; results go to each object's logs, damage into the summary.

    A run that was stopped is gone on with. An audit of everything, of what is due, or of one AIP also tells
    what receipts say was accepted and is not there; one of everything verifies the ledger as well. A
    ``manner`` stands for ``full`` and ``from_disk``. Raises StorageError.
    """
    how = manner or Manner(Depth.FULL if full else Depth.FAST, from_disk)
    with opened_run(archive, chosen, how) as run:
        for result in run.results():
            if progress is not None:
                progress(result)
        return run.summary()
