"""Digests of many files, on all cores and in the order given; from the disk, it is kept busy meanwhile."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice
from multiprocessing import get_context

from oais.information.budget import Budget
from oais.information.fixity import (
    ARCHIVE_ALGORITHMS,
    BLOCK,
    FileFixity,
    hash_file,
    hash_opened,
    open_to_hash,
)
from oais.processes import usable_cores

_FILES_AHEAD = 16
"""Files that the disk is asked for before they are read."""

_BYTES_AHEAD = 8 << 20
"""Bytes of them: of few large files as much is asked for as of many small ones, and no more is waited for."""

_Asked = tuple[str, tuple[int, os.stat_result] | FileFixity]
_Waiting = deque[_Asked]


def hash_files(
    paths: Iterable[str],
    algorithms: Sequence[str] = ARCHIVE_ALGORITHMS,
    *,
    workers: int | None = None,
    from_disk: bool = False,
    progress: Callable[[int], None] | None = None,
    budget: Budget | None = None,
) -> Iterator[tuple[str, FileFixity]]:
    """Hash many files on all cores and yield ``(path, fixity)`` in the order given.

    ``paths`` may be an endless stream: no more than a few batches are held. ``progress`` is told the
    bytes hashed since the last call. Few files are hashed here and now, since starting processes costs
    more than they save; one large file still uses a thread per algorithm.
    """
    todo = iter(paths)
    first = list(islice(todo, _BATCH))
    count = workers if workers is not None else usable_cores()
    if len(first) < _BATCH or count < 2:
        stream = _hash_each(chain(first, todo), algorithms, from_disk, budget)
    else:
        stream = _hash_in_processes(chain(first, todo), algorithms, count, from_disk, budget)
    if progress is None:
        yield from stream
        return
    for path, fixity in stream:
        progress(fixity.size)
        yield path, fixity


def _hash_each(
    paths: Iterable[str], algorithms: Sequence[str], from_disk: bool, budget: Budget | None
) -> Iterator[tuple[str, FileFixity]]:
    """Hash one file after the other.

    Those that come from the disk are asked for some files ahead, so that it never waits for the next
    question; within a budget nothing is read before it was given.
    """
    if not from_disk or budget is not None:
        for path in paths:
            yield path, hash_file(path, algorithms, from_disk=from_disk, budget=budget)
        return
    waiting: _Waiting = deque()
    asked = 0
    try:
        for path in paths:
            waiting.append((path, open_to_hash(path, from_disk=True, ahead=True)))
            asked += _asked_of(waiting[-1])
            while len(waiting) > _FILES_AHEAD or asked > _BYTES_AHEAD:
                asked -= _asked_of(waiting[0])
                yield _hash_first(waiting, algorithms)
        while waiting:
            yield _hash_first(waiting, algorithms)
    finally:
        for _, opened in waiting:
            if not isinstance(opened, FileFixity):
                os.close(opened[0])


def _asked_of(one: _Asked) -> int:
    """Return how many bytes of a file the disk was asked for."""
    opened = one[1]
    return 0 if isinstance(opened, FileFixity) else min(opened[1].st_size, BLOCK)


def _hash_first(waiting: _Waiting, algorithms: Sequence[str]) -> tuple[str, FileFixity]:
    path, opened = waiting.popleft()
    return path, opened if isinstance(opened, FileFixity) else hash_opened(*opened, algorithms)


_BATCH = 256
_AHEAD = 16
"""Batches given to each process ahead of the answers taken."""


def _hash_in_processes(
    paths: Iterator[str], algorithms: Sequence[str], workers: int, from_disk: bool, budget: Budget | None
) -> Iterator[tuple[str, FileFixity]]:
    with ExitStack() as stack:
        # The budget is inherited, since what is shared by processes cannot be sent to them.
        pool = stack.enter_context(
            ProcessPoolExecutor(workers, get_context("fork"), initializer=_BUDGETS.append, initargs=(budget,))
        )
        waiting = []
        while batch := list(islice(paths, _BATCH)):
            waiting.append((batch, pool.submit(_hash_batch, batch, tuple(algorithms), from_disk)))
            if len(waiting) > _AHEAD * workers:
                names, job = waiting.pop(0)
                yield from zip(names, job.result(), strict=True)
        for names, job in waiting:
            yield from zip(names, job.result(), strict=True)


_BUDGETS: list[Budget | None] = []
"""The budget of a process that hashes for others: the last one counts."""


def _hash_batch(paths: Sequence[str], algorithms: Sequence[str], from_disk: bool) -> list[FileFixity]:
    return [found for _, found in _hash_each(paths, algorithms, from_disk, _BUDGETS[-1])]
