"""Audits name the exact path of damage; the index is made again from aip/ alone, with the same answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.access.views import as_plain
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.functions.validation import validate
from tests.functions.deliveries import demo_bag


@pytest.fixture
def filled(archive: Archive, tmp_path: Path) -> Archive:
    """An archive with the three real deliveries of the demo."""
    for _ in submit(archive, [demo_bag(tmp_path / f"{name}.bag", name) for name in ("n0", "n1", "hk")]):
        pass
    return archive


def test_a_sound_archive_is_intact_and_the_audit_is_on_record(filled: Archive) -> None:
    """Every AIP is read, nothing is found, and each object's log has one more line."""
    told = run_audit(filled, select_for_audit(filled, None, None, 0))
    assert told.intact
    assert told.aips == 3
    log = find_aip(filled, "tess.tic55525572.s0005.n1").path / "logs" / "audits.jsonl"
    assert len(log.read_text().splitlines()) == 1
    assert validate(filled.aip_root).valid


def test_every_flipped_byte_is_found_with_its_path(
    filled: Archive, record_count: Callable[[str, int], None]
) -> None:
    """One byte changed in any file of an AIP: the audit names that file, and only that AIP."""
    stored = find_aip(filled, "tess.tic55525572.s0005.n1")
    files = sorted(path for path in stored.path.rglob("*") if path.is_file() and path.name != "audits.jsonl")
    for path in files:
        good = path.read_bytes()
        position = len(good) // 2
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        told = run_audit(filled, select_for_audit(filled, None, None, 0))
        assert [result.aip_id for result in told.damaged] == ["tess.tic55525572.s0005.n1"], path
        named = {found.path for result in told.damaged for found in result.findings}
        assert str(path.relative_to(stored.path)) in named, (path, named)
        path.write_bytes(good)
    assert run_audit(filled, select_for_audit(filled, None, None, 0)).intact
    record_count("sweep points", len(files))


def test_a_sample_is_repeated_by_its_seed(filled: Archive) -> None:
    """The same seed chooses the same AIPs; a sample larger than the archive is the whole."""
    assert select_for_audit(filled, None, 2, 7) == select_for_audit(filled, None, 2, 7)
    assert len(select_for_audit(filled, None, 99, 7)) == 3


ANSWERS: list[Callable[[Archive], object]] = [
    lambda archive: as_plain(open_access(archive).holdings()),
    lambda archive: as_plain(open_access(archive).tree(8)),
    lambda archive: as_plain(open_access(archive).find(Question(words="55525572"))),
    lambda archive: as_plain(open_access(archive).find(Question(cone="72.7,-60.9,0.5", level="N1"))),
    lambda archive: as_plain(open_access(archive).find(Question(time="2018-11-20/2018-11-21"))),
    lambda archive: as_plain(open_access(archive).node("tess/n1/light-curves/sector-5")),
    lambda archive: as_plain(open_access(archive).show("tess.tic55525572.s0005.n1")),
]


def test_a_rebuilt_index_gives_byte_equal_answers(filled: Archive) -> None:
    """Delete search_index/, rebuild it from aip/ alone: every question has the same answer."""
    before = [json.dumps(answer(filled), sort_keys=True) for answer in ANSWERS]
    shutil.rmtree(filled.index_root)
    assert rebuild_index(filled) == 3
    assert [json.dumps(answer(filled), sort_keys=True) for answer in ANSWERS] == before
    assert check_index(filled) == []


def test_a_catalogue_that_is_none_any_more_is_told_with_its_file(filled: Archive) -> None:
    """IDX-009, and a rebuild mends it."""
    path = filled.index_root / "catalogue.sqlite"
    sound = path.read_bytes()
    path.write_bytes(sound[:4096] + bytes(4096) + sound[8192:])
    assert [(found.code, found.path) for found in check_index(filled)] == [
        ("IDX-009", "search_index/catalogue.sqlite")
    ]
    rebuild_index(filled)
    assert check_index(filled) == []


def test_what_is_stored_but_not_indexed_is_told(filled: Archive, tmp_path: Path) -> None:
    """An AIP that vanished from the store, or from the index, is a difference with its name."""
    stored = find_aip(filled, "tess.tic55525572.s0005.hk")
    shutil.move(stored.path, tmp_path / "taken")
    (found,) = check_index(filled)
    assert "tess.tic55525572.s0005.hk" in found.path + found.message
    shutil.move(tmp_path / "taken", stored.path)
    assert check_index(filled) == []
