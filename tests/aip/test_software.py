"""SWHIDs are what git itself computes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aip.software import swhid_of_directory, swhid_of_tree

TREE = {
    "a": b"",
    "a.txt": b"text\n",
    "a-b/c": b"\0\xff" * 5000,
    "a/": b"",
    "lib/core.py": b"VALUE = 1\n",
    "lib/deep/er/é file.py": b"pass\n",
    "lib.txt": b"sorts between lib and lib/ if one forgets the slash\n",
    "run.sh": b"#!/bin/sh\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree with names that sort badly and one executable."""
    root = tmp_path / "source"
    for name, data in TREE.items():
        if name.endswith("/"):
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "run.sh").chmod(0o755)
    return root


def _git(program: str, root: Path, *words: str) -> str:
    done = subprocess.run([program, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_directory_is_what_git_write_tree_says(tree: Path, program: Callable[[str], str]) -> None:
    """The dir SWHID of a tree equals the object name of git write-tree."""
    git = program("git")
    _git(git, tree, "init", "-q")
    _git(git, tree, "-c", "core.autocrlf=false", "add", "-A")
    expected = _git(git, tree, "write-tree")
    files = {
        str(path.relative_to(tree)): path
        for path in tree.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    assert swhid_of_tree(files) == f"swh:1:dir:{expected}"


def test_one_changed_bit_of_mode_is_another_tree(tree: Path) -> None:
    """A file made executable gives the tree another name."""
    before = swhid_of_directory(tree)
    (tree / "a.txt").chmod(0o755)
    assert swhid_of_directory(tree) != before
