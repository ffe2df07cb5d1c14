"""What a site reads of its index when it starts, beside the answers."""

from __future__ import annotations

import gc
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.access.warming import warm
from oais.functions.administration import initialise
from search_index.index import open_index
from tests.search_index.factory import PlainNode, record

PLACE = "tess/n1/light-curves"


def test_who_asks_meanwhile_is_answered_as_ever(tmp_path: Path) -> None:
    """The reading ends by itself, and an answer beside it is that of an access which read nothing before."""
    archive = initialise(tmp_path / "home", name="Warm")
    records = (record(f"tess.{number}", node=PLACE, mission="TESS") for number in range(60))
    open_index(archive.index_root).add(records, [PlainNode(PLACE, "Light curves")])
    access = open_access(archive)
    reading = warm(access)
    assert reading is not None
    found = access.find(Question())
    reading.join()
    assert (found.page.total, found.hits) == (60, open_access(archive).find(Question()).hits)


def test_what_was_read_is_looked_through_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The full collection that has it all to look through comes right after the reading."""
    access = open_access(initialise(tmp_path / "home", name="Warm"))
    held: list[list[int]] = []
    seen: list[int] = []
    monkeypatch.setattr(access.index, "warm", lambda: held.extend([number] for number in range(1_000)))

    def note(phase: str, told: dict[str, Any]) -> None:
        if (phase, told["generation"]) == ("stop", 2):
            seen.append(len(held))

    gc.callbacks.append(note)
    try:
        reading = warm(access)
        assert reading is not None
        reading.join()
    finally:
        gc.callbacks.remove(note)
    assert seen[-1:] == [1_000]


def test_an_index_that_is_missing_is_told_by_pages_alone(tmp_path: Path) -> None:
    """Nothing goes wrong beside a site whose index cannot be read."""
    archive = initialise(tmp_path / "home", name="Warm")
    shutil.rmtree(archive.index_root)
    reading = warm(open_access(archive))
    assert reading is not None
    reading.join()


def test_a_site_without_a_thread_to_spare_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system allows no more threads nothing is read beforehand."""
    access = open_access(initialise(tmp_path / "home", name="Warm"))

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert warm(access) is None
