"""Table F of the bad inputs: policies and settings that could mean two things stop the archive."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive
from oais.errors import ConfigurationError
from oais.functions.ingest import ingest
from oais.information.representation.inspection import Inspector
from tests.functions.attacking import Arena, regular_files
from tests.functions.deliveries import plain_bag
from tests.policies.test_strict_yaml import REFUSED

FILES = ("oais.yaml", "policies/access.yaml", "policies/agreements/generic.yaml")


def renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    """Replace a text that must be there."""

    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return change


CHANGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "F2 misspelt key of access": ("policies/access.yaml", renamed("metadata:", "metdata:"), "metdata"),
    "F2 data neither open nor closed": ("policies/access.yaml", renamed("data: closed", "data: no"), "'no'"),
    "F2 nothing for a policy": ("policies/access.yaml", renamed("data: closed", "data: ~"), "nothing"),
    "F2 list for a map": ("policies/access.yaml", lambda _: b"policies: [open]\nnodes: []\n", "a list"),
    "F2 unknown node": (
        "policies/access.yaml",
        renamed("nodes: []", "nodes:\n  - {node: no/where, policy: closed}"),
        "no/where",
    ),
    "F2 unknown policy": (
        "policies/access.yaml",
        renamed("nodes: []", "nodes:\n  - {node: tess, policy: clsed}"),
        "clsed",
    ),
    "F2 a date in the tags": (
        "policies/agreements/generic.yaml",
        renamed("new_versions: true", "new_versions: 2026-02-30"),
        "2026-02-30",
    ),
    "F2 a number of base eight": ("oais.yaml", lambda data: data + b"workers: 0x10\n", "0x10"),
    "F2 a setting of minutes": ("oais.yaml", lambda data: data + b"workers: 12:30:45\n", "12:30:45"),
    "F2 unknown setting": ("oais.yaml", lambda data: data + b"acces: public\n", "acces"),
    "F2 another format": ("oais.yaml", renamed("format: 1", "format: 2"), "format"),
    "F3 empty access rules": ("policies/access.yaml", lambda _: b"", "access.yaml"),
    "F3 half-written access rules": ("policies/access.yaml", lambda data: data[:300], "access.yaml"),
    "F3 half-written agreement": (
        "policies/agreements/tess.yaml",
        lambda data: data[: len(data) // 2],
        "tess.yaml",
    ),
}  # fmt: skip


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("fault", REFUSED)
def test_ambiguous_file_stops_the_archive(
    fault: str, file: str, arena: Arena, record_count: Callable[[str, int], None]
) -> None:
    """F1: with any such file the archive is not opened, and the error names file and line."""
    data, line, _ = REFUSED[fault]
    (arena.archive.home / file).write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        open_archive(arena.archive.home)
    name = Path(file).name
    assert (f"{name}:{line}" if line else name) in caught.value.message
    assert caught.value.remedy
    record_count("bad policies refused", 1)


@pytest.mark.parametrize("name", CHANGES)
def test_doubtful_value_stops_the_archive(
    name: str, arena: Arena, record_count: Callable[[str, int], None]
) -> None:
    """F2, F3: a value of another kind, a misspelling or half a file is told, never given a default."""
    file, change, words = CHANGES[name]
    path = arena.archive.home / file
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ConfigurationError) as caught:
        open_archive(arena.archive.home)
    assert words in caught.value.message
    assert path.name in caught.value.message
    record_count("bad policies refused", 1)


def test_all_faults_of_all_files_are_told_at_once(arena: Arena) -> None:
    """Three faulty files are one error that names each of them."""
    policies = arena.archive.home / "policies"
    for name in ("access.yaml", "agreements/tess.yaml", "agreements/soho.yaml"):
        (policies / name).write_bytes((policies / name).read_bytes() + b"more: 1\nmore: 2\n")
    with pytest.raises(ConfigurationError) as caught:
        open_archive(arena.archive.home)
    for name in ("access.yaml:", "tess.yaml:", "soho.yaml:"):
        assert name in caught.value.message


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Put something else in the place of a file."""

    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


STRANGE: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "a directory": instead(Path.mkdir),
    "a link to nothing": instead(lambda path: path.symlink_to("nowhere")),
    "a FIFO": instead(os.mkfifo),
}

NEEDED = ("oais.yaml", "policies/access.yaml")


@pytest.mark.parametrize(
    ("kind", "file"),
    [(kind, file) for kind in STRANGE for file in (*NEEDED, "policies/agreements/tess.yaml")
     if kind != "missing" or file in NEEDED],
)  # fmt: skip
def test_file_that_is_no_file(kind: str, file: str, arena: Arena) -> None:
    """F3: what cannot be read stops the archive at once, and is never waited for."""
    STRANGE[kind](arena.archive.home / file)
    with pytest.raises(ConfigurationError):
        open_archive(arena.archive.home)


def test_a_running_archive_keeps_its_policies(arena: Arena, inspector: Inspector, tmp_path: Path) -> None:
    """F3, F4: while files are half written the rules read at the start stay in force, and are sealed."""
    archive = arena.archive
    digests = dict(archive.policies.digests)
    for path in (archive.home / "policies").rglob("*.yaml"):
        path.write_bytes(b"\0")
    assert archive.policies.digests == digests
    assert len(archive.in_force.findings()) >= len(digests)
    bag = plain_bag(tmp_path / "one.bag", "attack.policies", {"a.csv": b"1,2\n"})
    ingested = ingest(archive, bag, inspector)
    assert ingested.receipt.status == "accepted"
    assert ingested.stored is not None
    rights = b"".join(data for path, data in regular_files(ingested.stored.path).items() if b"premis" in path)
    assert digests["access.yaml"].encode() in rights


def test_a_new_archive_is_not_made_over_another(arena: Arena) -> None:
    """A folder of keys that is lost stops the archive, it is not made anew."""
    shutil.rmtree(arena.archive.home / "keys")
    with pytest.raises(ConfigurationError):
        open_archive(arena.archive.home)


def test_unknown_agreement_folder(archive: Archive) -> None:
    """Without any agreement the archive says so instead of refusing every delivery later."""
    shutil.rmtree(archive.home / "policies" / "agreements")
    opened = replace(archive)
    with pytest.raises(ConfigurationError):
        open_archive(opened.home)
