"""Inspecting many files at once, each in a process that may die of it.

``Inspector`` is kept open over many deliveries: its processes are started once. Whatever a file does
to its reader becomes one finding of that file; the files beside it are not disturbed.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from oais.information.findings import finding
from oais.information.packages import FormatIdentification, Inspection
from oais.information.representation.document_text import DocumentText, text_of, text_request
from oais.information.representation.frames import inspection_from_plain
from oais.information.representation.limited import WALL_SECONDS, LimitedPool

BATCH = 16
"""Files sent to a process at once."""

_NOT_READ = FormatIdentification(
    "oais/unknown", "Format not known", "", "application/octet-stream", "", "not inspected"
)


class Inspector:
    """A pool of limited processes that inspects files; a context manager, to be kept open."""

    def __init__(self, workers: int | None = None, wall_seconds: float = WALL_SECONDS) -> None:
        self._pool = LimitedPool(workers, wall_seconds)
        self._threads = ThreadPoolExecutor(self._pool.workers, thread_name_prefix="inspect")

    def inspect(self, items: Iterable[tuple[str, Path]]) -> Iterator[Inspection]:
        """Yield the inspection of each file, given by name and place on disk, in the order given.

        Memory does not grow with the number of files. Never raises for what a file holds.

        Raises:
            ConfigurationError: no reading process can be started.
        """
        source = iter(items)
        waiting: deque[Future[list[Inspection]]] = deque()
        while True:
            while len(waiting) < 2 * self._pool.workers and (batch := list(islice(source, BATCH))):
                waiting.append(self._threads.submit(self._inspect_batch, batch))
            if not waiting:
                return
            yield from waiting.popleft().result()

    def text(self, path: Path) -> DocumentText:
        """Read the text of one document; whatever it does to its reader is the text's fault."""
        return text_of(self._pool.ask([text_request(path)])[0])

    def _inspect_batch(self, batch: Sequence[tuple[str, Path]]) -> list[Inspection]:
        requests = [inspection_request(name, path) for name, path in batch]
        answers = self._pool.ask(requests)
        return [inspection_of(name, answer) for (name, _), answer in zip(batch, answers, strict=True)]

    def close(self) -> None:
        """End the processes; files still waiting are not inspected."""
        self._threads.shutdown(cancel_futures=True)
        self._pool.close()

    def __enter__(self) -> Inspector:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def inspection_request(name: str, path: Path) -> dict[str, str]:
    """Return what a limited child is asked, to inspect one file."""
    return {"task": "inspect", "path": os.path.abspath(path), "name": name}


def inspection_of(name: str, answer: dict[str, Any]) -> Inspection:
    """Make the inspection out of a child's answer; a fault becomes the one finding FMT-003."""
    fault = answer.get("fault")
    if fault is None:
        try:
            return inspection_from_plain(name, answer["result"])
        except (KeyError, TypeError, ValueError) as error:
            fault = f"its reader answered nonsense: {type(error).__name__}"
    found = finding("FMT-003", name, f"the file could not be inspected: {fault}")
    return Inspection(name, _NOT_READ, findings=(found,))
