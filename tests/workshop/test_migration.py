"""The revision that lies in the project is the one the workshop writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from oais.database import migrations
from workshop import migration


def test_the_newest_revision_is_written_by_the_workshop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written anew from the tables of the code it is the same, letter by letter."""
    ours = migration.VERSIONS / f"{migrations.NEWEST}.py"
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).parents[2] / "pyproject.toml", tmp_path)
    monkeypatch.setattr(migrations, "FOLDER", folder)
    monkeypatch.setattr(migration, "VERSIONS", folder / "versions")
    written = migration.write_revision(migrations.NEWEST)
    assert written.is_relative_to(tmp_path)
    assert written.read_text(encoding="utf-8") == ours.read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [[], ["../x"], ["a", "b"], ["1st"]])
def test_a_revision_has_a_plain_name(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is answered with how it is called."""
    assert migration.main(arguments) == 2
    assert "usage" in capsys.readouterr().err
