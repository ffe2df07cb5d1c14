"""That a catalogue was written to is seen at the next question, and asking so costs no reading of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from search_index.catalogue.database import Catalogue
from search_index.catalogue.sqlite import Watch
from search_index.index import create_index
from search_index.view import View

CHANGE = "UPDATE facts SET value = '7' WHERE name = 'generation'"


def test_the_number_changes_with_each_change_of_anybody(tmp_path: Path) -> None:
    """Not by reading; by a commit of another connection of this process, and by none that is rolled back."""
    create_index(tmp_path)
    catalogue = Catalogue(tmp_path)
    catalogue.generations()  # the first connection turns write-ahead mode on
    watch = catalogue.watch
    first = watch.number()
    assert first is not None
    catalogue.generations()
    assert watch.number() == first
    with catalogue.engine.connect() as connection:
        connection.exec_driver_sql(CHANGE)
        connection.rollback()
    assert watch.number() == first
    with catalogue.writing() as connection:
        connection.exec_driver_sql(CHANGE)
    assert watch.number() != first
    catalogue.close()
    assert watch.number() is not None, "it opens the file again"
    watch.close()


def test_a_view_reads_the_generations_only_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes between two questions is found by the second."""
    create_index(tmp_path)
    view, asked = View(tmp_path), []
    generations = Catalogue.generations

    def counted(catalogue: Catalogue) -> tuple[int, int]:
        asked.append(1)
        return generations(catalogue)

    monkeypatch.setattr(Catalogue, "generations", counted)
    view.refresh()
    view.refresh()  # the first connection turned write-ahead mode on
    before = len(asked)
    view.refresh()
    assert len(asked) == before
    other = Catalogue(tmp_path)
    with other.writing() as connection:
        connection.exec_driver_sql(CHANGE)
    view.refresh()
    assert (len(asked), view.generations[0]) == (before + 1, 7)


def test_where_no_number_can_be_had_there_is_none(tmp_path: Path) -> None:
    """No file, or none of SQLite's: the question itself tells what is wrong."""
    assert Watch(tmp_path / "nothing").number() is None
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database" * 1000)
    assert Watch(tmp_path / "catalogue.sqlite").number() is None
