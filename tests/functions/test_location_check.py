"""The check of a location: every flipped byte is found there, and no answer can be given from memory."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.cli.commands import run as run_command
from oais.functions.copies.checking import Checked, check_location
from oais.functions.copies.locations import location_named
from tests.functions.conftest import tree_digest
from tests.functions.copied import AIP, HARMS, Copied, copied_archive, failing_disk, flip

NONCE = bytes(range(32))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """An archive with one AIP of two versions and two locations."""
    return copied_archive(tmp_path_factory.mktemp("copied"))


def check(copied: Copied) -> Checked:
    return check_location(copied.archive, location_named(copied.archive, "vault"))


def test_each_harm_is_told_for_what_it_is(copied: Copied) -> None:
    """Damage, loss, age, strays and an unreadable disk at the location; nothing is written there."""
    told = {
        "good": set(),
        "missing": {"COP-002"},
        "older": {"COP-002"},
        "content": {"COP-003"},
        "inventory": {"COP-003"},
        "signature": {"COP-003"},
        "extra": {"COP-005"},
        "unreadable": {"COP-004"},
    }
    assert told.keys() == HARMS.keys()
    for state, codes in told.items():
        unreadable = copied.begin(("good", state, "good"))
        before = tree_digest(copied.places["vault"])
        if unreadable:
            with failing_disk(unreadable):
                found = check(copied)
        else:
            found = check(copied)
        assert {one.code for _, one in found.findings} == codes, state
        assert tree_digest(copied.places["vault"]) == before


def test_every_flipped_byte_is_found_with_its_path(
    copied: Copied, record_count: Callable[[str, int], None]
) -> None:
    """Any file of the copy: that one is named. The same file of the archive's own: the copy is not blamed."""
    copied.begin(("good", "good", "good"))
    names = [name for name in tree_digest(copied.image) if "audits" not in name]
    for name in names:
        path = copied.places["vault"] / name
        data = path.read_bytes()
        flip(path)
        told = check(copied).findings
        assert [(about, one.code, one.path) for about, one in told] == [
            (AIP, "COP-003", f"vault/{path.relative_to(path.parents[len(Path(name).parts) + 4])}")
        ], name
        path.write_bytes(data)
        own = copied.places["home"] / name
        flip(own)
        assert check(copied).findings == (), name
        own.write_bytes(data)
    record_count("sweep points", 2 * len(names))


def test_both_bad_is_told_of_the_copy(copied: Copied) -> None:
    """With the archive's own bytes damaged too, the copy is compared with the signed inventory itself."""
    copied.begin(("content", "content", "good"))
    assert {one.code for _, one in check(copied).findings} == {"COP-003"}


def test_the_answer_needs_the_bytes_and_the_nonce(copied: Copied, tmp_path: Path) -> None:
    """It is what standard tools make of nonce and file, and another nonce has another answer."""
    copied.begin(("good", "good", "good"))
    location = location_named(copied.archive, "vault")
    path = next(copied.places["vault"].glob("v1/content/**/a.csv"))
    below = path.relative_to(location.path).as_posix()
    plain, answer = location.medium.answer(below, NONCE)
    (tmp_path / "nonce").write_bytes(NONCE)
    line = f"cat '{tmp_path}/nonce' '{path}' | sha256sum"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert answer == done.stdout.split()[0]
    assert plain == hashlib.sha512(path.read_bytes()).hexdigest()
    assert location.medium.answer(below, NONCE[::-1])[1] != answer


def test_a_location_that_answers_from_memory_is_caught(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever kept the answers of the last check, and lost the bytes, fails the next one."""
    from aip import medium

    copied.begin(("good", "good", "good"))
    kept: dict[str, tuple[str, str]] = {}
    real = medium.Folder.answer

    def remembering(self: medium.Folder, path: str, nonce: bytes) -> tuple[str, str]:
        if path not in kept:
            kept[path] = real(self, path, nonce)
        return kept[path]

    monkeypatch.setattr(medium.Folder, "answer", remembering)
    assert check(copied).findings == ()
    flip(next(copied.places["vault"].glob("v1/content/**/a.csv")))
    assert len(check(copied).findings) == len(kept)


def test_nonces_are_never_used_twice(copied: Copied) -> None:
    """One for each AIP and each check, of 32 bytes."""
    from oais.functions.copies.checking import fresh_nonce

    drawn = {fresh_nonce() for _ in range(1000)}
    assert len(drawn) == 1000
    assert {len(nonce) for nonce in drawn} == {32}


def test_the_commands_tell_by_their_exit_codes(copied: Copied, capsys: pytest.CaptureFixture[str]) -> None:
    """0 intact, 1 owed, 3 damaged, 4 away; repair brings it back to 0 and says from where."""
    home = ["--home", str(copied.archive.home)]
    for state, code in (("good", 0), ("missing", 1), ("content", 3)):
        copied.begin(("good", state, "good"))
        assert run_command(["location", "check", "vault", *home]) == code
    assert "1 damaged" in capsys.readouterr().out
    assert run_command(["repair", AIP, "--dry-run", *home]) == 0
    assert "would repair" in capsys.readouterr().out
    assert run_command(["repair", "--all", *home]) == 0
    assert "from home" in capsys.readouterr().out
    assert run_command(["location", "check", *home]) == 0
    copied.begin(("content", "content", "missing"))
    assert run_command(["repair", AIP, *home]) == 3
    told = capsys.readouterr().out
    assert "nothing written" in told
    assert "COP-006" in told
    assert run_command(["repair", *home]) == 2
    assert run_command(["repair", "no.such", *home]) == 2
    assert run_command(["location", "check", "nowhere", *home]) == 2
    vault = copied.places["vault"].parents[4]
    vault.rename(vault.with_name("unplugged"))
    assert run_command(["location", "check", *home]) == 4
    vault.with_name("unplugged").rename(vault)
