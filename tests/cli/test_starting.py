"""A command starts with what it needs: neither the index, nor the database, nor a library of another's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functions.deliveries import demo_bag

_COMMAND = """
import json, sys
from oais.cli import main
try:
    code = main(json.loads(sys.argv[1]))
finally:
    tops = {name.partition(".")[0] for name in sys.modules}
    rooms = {name for name in sys.modules if name.startswith("oais.")}
    print(json.dumps({"code": code, "loaded": sorted(tops | rooms)}), file=sys.stderr)
"""
_HEAVY = {"alembic", "argon2", "astropy", "cdflib", "fastapi", "jinja2", "lxml", "numpy", "pygfried"}
_HEAVY |= {"sqlalchemy", "starlette", "uvicorn", "whoosh", "yaml", "search_index", "dip", "policies"}
_HEAVY |= {"oais.archive", "oais.database", "oais.web", "oais.functions.access.facade"}


def _loaded(*words: str) -> set[str]:
    """Run a command in an interpreter of its own; return the packages and rooms it has loaded at its end."""
    command = [sys.executable, "-c", _COMMAND, json.dumps(words)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(told.stderr.splitlines()[-1])
    assert answer["code"] == 0, told
    assert "oais.cli.commands" in answer["loaded"]
    return set(answer["loaded"])


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], ["validate", "--help"], ["order", "--help"], ["explain", "BAG-003"]],
    ids=" ".join,
)
def test_what_asks_no_archive_opens_no_room_of_it(words: list[str]) -> None:
    """Help, version and the words of a finding are told without index, database, policies or site."""
    loaded = _loaded(*words)
    assert not loaded & (_HEAVY | {"aip", "sip", "cryptography"})


def test_a_bag_is_judged_by_what_reads_bags_alone(tmp_path: Path) -> None:
    """A bag that lies outside any archive is validated without all that only an archive needs."""
    loaded = _loaded("validate", str(demo_bag(tmp_path, "n1")))
    assert "sip" in loaded
    assert not loaded & _HEAVY


def test_an_archive_is_shown_without_its_site(tmp_path: Path) -> None:
    """What shows the holdings in words loads the index, so that the tests above can see it when it is."""
    home = str(tmp_path / "home")
    assert not _loaded("init", home) & {"starlette", "uvicorn", "fastapi"}
    loaded = _loaded("tree", "--home", home)
    assert {"search_index", "oais.functions.access.facade"} <= loaded
    assert not loaded & {"starlette", "uvicorn", "fastapi", "jinja2"}
