"""Audits many AIPs on all cores: small ones are shared out some at a time, very large ones read by all."""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Final

from aip.audit import AuditResult, AuditTask, audit_aip, keep_recorded, task_of
from aip.audit_log import RollUp
from aip.stored import INVENTORY, StoredAip
from oais.errors import StorageError
from oais.information.budget import Budget
from oais.processes import end_with_parent, usable_cores

_LARGE_INVENTORY: Final = 8 << 20
"""From this size on, one AIP at a time is read by all cores: two such inventories at once take memory."""

_FIRST: Final = 1
_MOST: Final = 32
"""AIPs given to a process at a time at first, and once they have proven to be read quickly."""

_SECONDS: Final = 0.1
"""What is not begun of a batch when it took this long is given back."""

_AHEAD: Final = 4
"""Batches given to each process ahead of the results taken."""

_MADE_BEFORE_COLLECTING: Final = 50_000
"""Objects after which Python looks for what only points to itself: an inventory alone makes thousands."""


def audit_aips(
    stored: Iterable[StoredAip | Path | AuditTask],
    trusted: Mapping[str, bytes],
    *,
    algorithms: Sequence[str] = ("blake3",),
    from_disk: bool = True,
    record: bool | RollUp = True,
    workers: int | None = None,
    budget: Budget | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[AuditResult]:
    """Audit many AIPs on all cores, in the order given; see ``audit_aip``.

    ``stored`` may be endless. AIPs are shared out among processes, which have nothing to tell each other
    then; one that is very large, or alone, is hashed by all of them. Whoever closes the iterator waits only
    for what is being read. ``meanwhile`` is called when all are given out and the last are being read; where
    nothing is shared out, there is no such while. Raises StorageError when a process is killed.
    """
    count = workers if workers is not None else usable_cores()
    tasks = map(task_of, stored)
    one = partial(
        audit_aip, trusted=dict(trusted), algorithms=tuple(algorithms), from_disk=from_disk, record=record
    )
    first = list(islice(tasks, count))
    if len(first) < count or count < 2:
        yield from (one(task, workers=count, budget=budget) for task in chain(first, tasks))
        return
    with _pool(count, budget) as pool:
        whole = partial(one, workers=count, budget=budget)
        yield from _Shares(pool, one, whole).results(chain(first, tasks), _AHEAD * count, meanwhile)


_Given = tuple[list[AuditTask], Future[list[AuditResult]] | None]
"""A batch and what a process makes of it; a large AIP stands alone and is given to none."""


class _Shares:
    """Gives AIPs to processes in batches: one at first, twice as many each time that they are done in time.

    A task each would cost more than reading a small AIP, and a batch of large ones leave the others idle.
    """

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        one: Callable[..., AuditResult],
        whole: Callable[[AuditTask], AuditResult],
    ) -> None:
        self._pool, self._one, self._whole = pool, one, whole
        self._size = _FIRST

    def results(
        self, tasks: Iterator[AuditTask], ahead: int, meanwhile: Callable[[], object]
    ) -> Iterator[AuditResult]:
        """Yield the results in order; no more batches than ``ahead`` wait for being taken."""
        waiting: deque[_Given] = deque()
        for batch, large in self._batches(tasks):
            waiting.append((batch, None) if large else self._give(batch))
            while len(waiting) > ahead:
                yield from self._take_first(waiting)
        meanwhile()
        while waiting:
            yield from self._take_first(waiting)

    def _batches(self, tasks: Iterator[AuditTask]) -> Iterator[tuple[list[AuditTask], bool]]:
        """Yield what is read together, and whether it is an AIP so large that all cores read it."""
        batch: list[AuditTask] = []
        for task in tasks:
            if _is_large(task.root):
                if batch:
                    yield batch, False
                yield [task], True
                batch = []
                continue
            batch.append(task)
            if len(batch) >= self._size:
                yield batch, False
                batch = []
        if batch:
            yield batch, False

    def _give(self, batch: list[AuditTask]) -> _Given:
        return batch, self._pool.submit(_in_process, self._one, batch)

    def _take_first(self, waiting: deque[_Given]) -> Iterator[AuditResult]:
        """Yield what was made of the first batch; what of it was given back is given away again."""
        batch, given = waiting.popleft()
        if given is None:
            yield self._whole(batch[0])
            return
        done = given.result()
        if rest := batch[len(done) :]:
            self._size = len(done)
            waiting.appendleft(self._give(rest))
        elif len(batch) == self._size:
            self._size = min(2 * self._size, _MOST)
        yield from done


_BUDGETS: list[Budget | None] = []
"""The budget of a process that audits for another: the last one counts."""


@contextmanager
def _pool(count: int, budget: Budget | None) -> Iterator[ProcessPoolExecutor]:
    """Start processes that end with this one, however it ends; asked to end, they take up nothing new.

    Raises StorageError when one of them is killed, as by a system that is short of memory.
    """
    pool = ProcessPoolExecutor(count, get_context("fork"), initializer=_begin, initargs=(budget,))
    try:
        yield pool
    except BrokenProcessPool as error:
        killed = "a process that read AIPs was killed; those that were not told yet are not audited"
        raise StorageError(killed, remedy="audit again, with fewer workers where memory is short") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(budget: Budget | None) -> None:
    gc.freeze()  # what was inherited is not looked through again and again
    gc.set_threshold(_MADE_BEFORE_COLLECTING)
    _BUDGETS.append(budget)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # the one that shares out tells of it
    end_with_parent()


def _in_process(audit: Callable[..., AuditResult], batch: Sequence[AuditTask]) -> list[AuditResult]:
    """Audit a batch, or as much of it as is done in time, but always the first; then keep what was noted."""
    done, began = [], monotonic()
    for task in batch:
        done.append(audit(task, workers=1, budget=_BUDGETS[-1], durable=False))
        if monotonic() - began > _SECONDS:
            break
    return keep_recorded(done)


def _is_large(root: Path) -> bool:
    try:
        return (root / INVENTORY).stat().st_size >= _LARGE_INVENTORY
    except OSError:
        return False
