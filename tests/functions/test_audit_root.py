"""The storage root's own files: changed, missing and extra ones are told by the audit, with their path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aip.root import root_files
from oais.archive import Archive
from oais.functions.audit import run_audit, select_for_audit
from oais.information.reader.composed import verify_program


def _told(archive: Archive) -> set[tuple[str, str]]:
    told = run_audit(archive, select_for_audit(archive))
    return {(found.code, found.path) for result in told.damaged for found in result.findings}


OWN = [*root_files(), "archive.pub.pem"]


def test_a_new_storage_root_is_sound(archive: Archive) -> None:
    """Nothing is said of what the archive wrote itself."""
    told = run_audit(archive, select_for_audit(archive))
    assert (told.intact, told.warnings) == (True, ())


@pytest.mark.parametrize("name", OWN)
def test_a_missing_file_of_the_root_is_told(archive: Archive, name: str) -> None:
    """Each of them alone, by its path."""
    (archive.aip_root / name).unlink()
    assert _told(archive) == {("AUD-006", f"aip/{name}")}


@pytest.mark.parametrize("name", OWN)
def test_a_flipped_bit_in_a_file_of_the_root_is_told(archive: Archive, name: str) -> None:
    """The path is named; a text that an older release may have written is no more than a warning."""
    path = archive.aip_root / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    told = run_audit(archive, select_for_audit(archive))
    if name == "README.txt":
        assert told.intact
        assert any("aip/README.txt" in warning for warning in told.warnings)
    else:
        assert _told(archive) == {("AUD-005", f"aip/{name}")}


@pytest.mark.parametrize("name", ["notes.txt", "verify.py.bak", "abc/notes.txt", "abc/def/123/notes.txt"])
def test_a_file_that_belongs_to_no_aip_is_told(archive: Archive, name: str) -> None:
    """At the top and on the way to AIPs."""
    place = archive.aip_root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"")
    assert _told(archive) == {("AUD-007", f"aip/{name}")}


def _link(path: Path) -> None:
    path.rename(path.parents[1] / "elsewhere")
    path.symlink_to("../elsewhere")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [_link, _folder])
def test_what_stands_in_place_of_the_reader_is_told(
    archive: Archive, change: Callable[[Path], object]
) -> None:
    """A link to the very same bytes is not what the archive wrote."""
    change(archive.aip_root / "verify.py")
    assert _told(archive) == {("AUD-005", "aip/verify.py")}


def test_a_reader_of_another_release_is_no_damage(archive: Archive) -> None:
    """What a newer or older release wrote cannot be compared, which is said."""
    path = archive.aip_root / "verify.py"
    path.write_bytes(verify_program().replace(b"READER = ", b"READER = 9", 1))
    told = run_audit(archive, select_for_audit(archive))
    assert told.intact
    assert any("another release" in warning for warning in told.warnings)
