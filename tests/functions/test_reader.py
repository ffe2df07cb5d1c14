"""``verify.py`` in the storage root and in deliveries: it sees what the audit sees, and nothing fools it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aip.audit import audit_aip
from aip.stored import AUDITS, INVENTORY, SIDECAR, StoredAip
from oais.archive import Archive
from oais.functions.access.facade import open_access
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.dissemination import deliver
from oais.functions.recovery import sweep
from oais.functions.storage import aip_store, find_aip
from oais.functions.submission import submit
from oais.information.identifiers import AipReference
from oais.information.reader.bag import Bag
from oais.information.reader.command import trusted_keys
from oais.information.reader.composed import VERIFY, verify_program
from oais.information.reader.ocfl_object import Aip
from tests.functions.conftest import tree_digest
from tests.functions.deliveries import demo_bag, plain_bag

N1 = "tess.tic55525572.s0005.n1"
Told = subprocess.CompletedProcess[str]


def reader(
    program: Path, *words: str | Path, limits: Sequence[tuple[int, int]] = (), cwd: Path | None = None
) -> Told:
    """Run the program with an interpreter that has the standard library and nothing else."""

    def limit() -> None:
        for what, most in limits:
            resource.setrlimit(what, (most, most))

    line = [sys.executable, "-I", "-S", str(program), *map(str, words)]
    told = subprocess.run(line, capture_output=True, text=True, check=False, preexec_fn=limit, cwd=cwd)
    assert "Traceback" not in told.stderr, told.stderr
    return told


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with real products: three packages, one of them in two versions, all audited once."""
    place = tmp_path_factory.mktemp("sound")
    archive = initialise(place / "home", name="Test archive")
    bags = [demo_bag(place / f"{name}.bag", name) for name in ("n1", "hk")]
    for number in (1, 2):
        payload = {"a.csv": f"a\n{number}\n".encode()}
        bags.append(plain_bag(place / f"plain{number}.bag", "x.plain", payload))
    assert [told.error for told in submit(archive, bags)] == [""] * 4
    assert run_audit(archive, select_for_audit(archive, None, None, 0)).intact
    return archive


@pytest.fixture
def filled(sound: Archive, tmp_path: Path) -> Archive:
    """A copy of that archive to be damaged."""
    shutil.copytree(sound.home, tmp_path / "home")
    return replace(sound, home=tmp_path / "home")


@pytest.fixture
def program(filled: Archive) -> Path:
    """The program where the archive put it."""
    return filled.aip_root / VERIFY


def test_a_sound_archive_is_whole(filled: Archive, program: Path) -> None:
    """The program lies in the storage root, verifies all of it with key and receipts, and lists it."""
    assert program.read_bytes() == verify_program()
    told = reader(program)
    assert told.returncode == 0, told.stdout
    assert "3 AIPs, 3 whole, 0 damaged" in told.stdout
    assert filled.signer.key_id in told.stdout
    assert "the 4 receipts" in told.stdout
    listed = reader(program, "list").stdout.splitlines()
    assert {line.split()[0] for line in listed} == {aip.aip_id for aip in aip_store(filled).objects()}
    files = reader(program, "list", N1).stdout.splitlines()[1:]
    assert {line.split("  ")[-1] for line in files} == set(find_aip(filled, N1).open().files())


def verdict_of_program(stored: StoredAip, archive: Archive) -> set[str]:
    """Return the paths that the program accuses, in this process, for sweeps."""
    aip = Aip(str(stored.path), list(archive.trusted_keys().values()))
    aip.verify()
    return set(aip.faults)


def verdict_of_audit(stored: StoredAip, archive: Archive) -> set[str]:
    """Return the paths that the archive's own audit accuses."""
    told = audit_aip(stored.path, archive.trusted_keys(), algorithms=("sha512",), record=False, workers=1)
    return set() if told.intact else {found.path for found in told.findings if found.severity == "error"}


@pytest.mark.parametrize("aip_id", [N1, "x.plain"])
def test_every_changed_byte_is_seen_as_the_audit_sees_it(
    filled: Archive,
    aip_id: str,
    seeded: random.Random,
    record_count: Callable[[str, int], None],
) -> None:
    """One bit changed at the start, the end and anywhere of each file: both accuse exactly that file."""
    stored = find_aip(filled, aip_id)
    assert verdict_of_program(stored, filled) == verdict_of_audit(stored, filled) == set()
    flips = 0
    for path in sorted(path for path in stored.path.rglob("*") if path.is_file()):
        good = path.read_bytes()
        for position in {0, len(good) - 1, seeded.randrange(len(good))}:
            changed = bytearray(good)
            changed[position] ^= 1 << seeded.randrange(8)
            path.write_bytes(changed)
            named = {path.relative_to(stored.path).as_posix()}
            found = verdict_of_program(stored, filled)
            assert found == verdict_of_audit(stored, filled) == named, (path, position)
            flips += 1
        path.write_bytes(good)
    assert verdict_of_program(stored, filled) == set()
    record_count("bits flipped before the reader", flips)


@pytest.mark.parametrize("aip_id", [N1, "x.plain"])
def test_every_deletion_and_addition_is_seen_as_the_audit_sees_it(filled: Archive, aip_id: str) -> None:
    """Each file taken away, files and folders added, a link in place of a file: the same verdict."""
    stored = find_aip(filled, aip_id)
    aside = stored.path.parent / "aside"
    for path in sorted(path for path in stored.path.rglob("*") if path.is_file()):
        path.rename(aside)
        name = path.relative_to(stored.path).as_posix()
        found = verdict_of_program(stored, filled)
        assert bool(found) is bool(verdict_of_audit(stored, filled)) is (name != AUDITS), name
        assert (name in found) is (name != AUDITS)
        aside.rename(path)
    for name in (
        "extra",
        "v1/extra",
        "logs/x",
        "v9/content/x",
        "v1/content/representations/original/data/.x",
    ):
        (stored.path / name).parent.mkdir(parents=True, exist_ok=True)
        (stored.path / name).write_bytes(b"")
        assert verdict_of_program(stored, filled), name
        assert verdict_of_audit(stored, filled), name
        (stored.path / name).unlink()
    shutil.rmtree(stored.path / "v9")
    content = next(file.path for file in stored.open().files().values())
    content.rename(aside)
    content.symlink_to(aside)
    name = content.relative_to(stored.path).as_posix()
    assert verdict_of_program(stored, filled) == verdict_of_audit(stored, filled) == {name}


def test_a_version_that_is_coming_in_is_a_note_and_no_damage(filled: Archive) -> None:
    """Between the renames of a new version neither the audit nor the program cries damage."""
    stored = find_aip(filled, "x.plain")
    for name in (SIDECAR, INVENTORY):
        shutil.copy(stored.path / "v1" / name, stored.path / name)
        assert verdict_of_program(stored, filled) == verdict_of_audit(stored, filled) == set()


def test_the_whole_program_gives_the_verdict_of_the_whole_audit(
    filled: Archive, program: Path, seeded: random.Random
) -> None:
    """Files by chance, the root's declaration, a whole AIP, a whole version, a receipt: one exit code."""

    def both() -> int:
        intact = run_audit(filled, select_for_audit(filled, None, None, 0)).intact
        told = reader(program)
        assert told.returncode == (0 if intact else 3), told.stdout
        return told.returncode

    assert both() == 0
    files = sorted(path for path in filled.aip_root.rglob("v*/*") if path.is_file())
    receipts = sorted(filled.receipts.rglob("*.json"))
    for path in (*seeded.sample(files, 4), filled.aip_root / "0=ocfl_1.1", seeded.choice(receipts)):
        good = path.read_bytes()
        place = seeded.randrange(len(good))
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert both() == 3, path
        path.write_bytes(good)
    for folder in (find_aip(filled, N1).path, find_aip(filled, "x.plain").path / "v2"):
        folder.rename(filled.home / "aside")
        assert both() == 3, folder
        (filled.home / "aside").rename(folder)
    assert both() == 0


def test_keys_are_told_and_a_stranger_is_not_believed(filled: Archive, program: Path, tmp_path: Path) -> None:
    """With another key all is refused, without any it is said that signatures are not checked."""
    stranger = tmp_path / "stranger.pem"
    words = ["openssl", "genpkey", "-algorithm", "ed25519"]
    private = subprocess.run(words, capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=private, capture_output=True, check=True)
    stranger.write_bytes(public.stdout)
    told = reader(program, "--key", stranger)
    assert told.returncode == 3
    assert "none of the trusted keys" in told.stdout
    assert reader(program, "--key", filled.home / "keys" / "archive.pub").returncode == 0
    assert reader(program, "--key", tmp_path).returncode == 2
    alone = reader(program, "--at", find_aip(filled, N1).path)
    assert alone.returncode == 0
    assert "SIGNATURES ARE NOT CHECKED" in alone.stdout


def test_a_version_is_extracted_byte_for_byte_or_not_at_all(
    filled: Archive, program: Path, tmp_path: Path
) -> None:
    """What comes out is the version asked for; with one damaged byte nothing stays."""
    for version, text in ((1, b"a\n1\n"), (2, b"a\n2\n")):
        target = tmp_path / f"out{version}"
        assert reader(program, "extract", f"x.plain@v{version}", target).returncode == 0
        files = find_aip(filled, "x.plain").open(version).files()
        assert tree_digest(target) == {path: file.path.read_bytes() for path, file in files.items()}
        assert (target / "representations/original/data/a.csv").read_bytes() == text
    assert reader(program, "extract", "x.plain", target).returncode == 2
    assert reader(program, "extract", "x.plain@v7", tmp_path / "none").returncode == 2
    path = find_aip(filled, "x.plain").open(1).file("representations/original/data/a.csv").path
    path.write_bytes(b"a\n9\n")
    told = reader(program, "extract", "x.plain@v1", tmp_path / "none")
    assert told.returncode == 3
    assert "a.csv" in told.stderr
    stored = find_aip(filled, N1)
    (stored.path / INVENTORY).unlink()  # the copy in the version is signed too: what is whole can be had
    assert reader(program, "extract", N1, tmp_path / "rescued").returncode == 0
    rewritten(stored, lambda plain: {**plain, "id": N1})
    assert "no signature of a trusted key" in reader(program, "extract", N1, tmp_path / "none").stderr
    assert not list(tmp_path.glob("none*"))


def rewritten(stored: StoredAip, change: Callable[[Any], object]) -> None:
    """Change the inventory as somebody would who has no key: with right sidecars."""
    plain = json.loads((stored.path / f"v{stored.head}" / INVENTORY).read_bytes())
    new = change(plain)
    data = json.dumps(plain if new is None else new).encode()
    for folder in (stored.path, stored.path / f"v{stored.head}"):
        (folder / INVENTORY).write_bytes(data)
        (folder / SIDECAR).write_text(f"{hashlib.sha512(data).hexdigest()}  {INVENTORY}\n")


def _instead(new: object, _: object) -> object:
    return new


@pytest.mark.parametrize("path", ["../../evil", "/evil", "a/../../../evil", "a//b", "c:\\evil", "a\0b", ""])
def test_a_path_that_leads_out_is_refused(filled: Archive, program: Path, tmp_path: Path, path: str) -> None:
    """Nothing is written or read outside, whether the state or the manifest says so; no key is needed."""
    outside = tmp_path / "o" / "u" / "t"
    outside.mkdir(parents=True)
    stored = find_aip(filled, "x.plain")

    def in_state(plain: dict[str, dict[str, dict[str, dict[str, list[str]]]]]) -> None:
        state = plain["versions"]["v2"]["state"]
        state[next(iter(state))] = [path]

    rewritten(stored, in_state)
    before = tree_digest(tmp_path)
    told = reader(program, "extract", "x.plain", outside / "new", "--at", stored.path)
    assert told.returncode == 3
    assert tree_digest(tmp_path) == before

    def in_manifest(plain: dict[str, dict[str, list[str]]]) -> None:
        manifest = plain["manifest"]
        manifest[next(iter(manifest))] = [path]

    rewritten(stored, in_manifest)
    told = reader(program, "--at", stored.path)
    assert told.returncode == 3
    assert "leads out" in told.stdout


def test_shapes_that_nobody_expects_are_damage_and_no_crash(filled: Archive, program: Path) -> None:
    """An inventory of any shape, however deep, is told in words; so are links, pipes and folders."""
    stored = find_aip(filled, "x.plain")
    whole = json.loads((stored.path / INVENTORY).read_bytes())
    strange: list[object] = [
        [],
        7,
        False,
        "x",
        {},
        {**whole, "manifest": []},
        {**whole, "manifest": {"a": 1}},
    ]
    strange += [{**whole, "head": "v999999999"}, {**whole, "head": []}, {**whole, "id": {"a": []}}]
    strange += [{**whole, "versions": []}, {**whole, "versions": {"v2": 1}}]
    strange += [{**whole, "versions": {"v2": {"state": {"a": "b"}}}}]
    strange += [{**whole, "versions": {"é": {"state": {}}}, "head": "é"}]
    for each in strange:
        rewritten(stored, partial(_instead, each))
        assert reader(program, "verify", "x.plain").returncode == 3, each
        assert reader(program, "list", "x.plain").returncode == 0, each
        assert reader(program, "extract", "x.plain", stored.path / "new").returncode in {2, 3}, each
    (stored.path / INVENTORY).write_bytes(b"[" * 100_000)
    assert reader(program).returncode == 3
    (stored.path / INVENTORY).unlink()
    os.mkfifo(stored.path / INVENTORY)
    assert reader(program).returncode == 3
    (filled.aip_root / "abc").symlink_to("/")
    (filled.aip_root / "a\nb\x1b[31m").mkdir()
    told = reader(program)
    assert told.returncode == 3
    assert "\x1b" not in told.stdout


def test_it_writes_nothing(filled: Archive, program: Path) -> None:
    """On a medium that takes no byte everything works: not one file is written."""
    before = {path: path.lstat().st_mtime_ns for path in filled.home.rglob("*")}
    nothing = [(resource.RLIMIT_FSIZE, 0)]
    assert reader(program, limits=nothing).returncode == 0
    assert reader(program, "list", limits=nothing).returncode == 0
    assert {path: path.lstat().st_mtime_ns for path in filled.home.rglob("*")} == before


def test_a_file_larger_than_memory_is_verified(tmp_path: Path) -> None:
    """Half a gigabyte is hashed by a process that may not have that much."""
    size = 512 << 20
    bag = tmp_path / "bag"
    (bag / "data").mkdir(parents=True)
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    with (bag / "data" / "large").open("wb") as stream:
        stream.truncate(size)
    hasher = hashlib.sha512()
    for _ in range(size >> 20):
        hasher.update(bytes(1 << 20))
    (bag / "manifest-sha512.txt").write_text(f"{hasher.hexdigest()}  data/large\n")
    tags = [(name, (bag / name).read_bytes()) for name in ("bagit.txt", "manifest-sha512.txt")]
    lines = [f"{hashlib.sha512(data).hexdigest()}  {name}\n" for name, data in tags]
    (bag / "tagmanifest-sha512.txt").write_text("".join(lines))
    (tmp_path / VERIFY).write_bytes(verify_program())
    told = reader(tmp_path / VERIFY, "--at", bag, limits=[(resource.RLIMIT_AS, 200 << 20)])
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture
def delivered(filled: Archive, tmp_path: Path) -> Path:
    """A DIP of real products, as a folder."""
    asker = open_access(filled).asker()
    return deliver(filled, AipReference(N1), [], tmp_path / "dip", asker).path


def test_a_delivery_verifies_itself(
    delivered: Path, seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """The program lies in every DIP and finds each change, deletion and addition in it."""
    program = delivered / VERIFY
    assert VERIFY in (delivered / "tagmanifest-sha512.txt").read_text()
    told = reader(program)
    assert told.returncode == 0, told.stdout
    outside = delivered.parent / VERIFY
    shutil.copy(program, outside)
    files = sorted(path for path in delivered.rglob("*") if path.is_file())
    for path in files:
        good = path.read_bytes()
        place = seeded.randrange(len(good))
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        found = Bag(str(delivered), trusted_keys(str(delivered), "delivery", []))
        found.verify()
        assert found.faults, path
        path.unlink()
        found = Bag(str(delivered), trusted_keys(str(delivered), "delivery", []))
        found.verify()
        assert found.faults or path.name == "tagmanifest-sha256.txt", path
        path.write_bytes(good)
    record_count("bits flipped before the reader", len(files))
    for name in ("data/extra", "extra"):
        (delivered / name).write_bytes(b"")
        assert reader(outside, "--at", delivered).returncode == 3
        (delivered / name).unlink()
    assert reader(program).returncode == 0


def test_wrong_usage_is_told(program: Path, tmp_path: Path) -> None:
    """What is not there, and a place that is nothing, end with 2 and a sentence."""
    for words in (["verify", "no.such"], ["--at", tmp_path / "none"], ["extract", "a"], ["extract"], ["bad"]):
        told = reader(program, *words)
        assert told.returncode == 2, words
        assert told.stderr


def test_a_release_renews_the_program_of_an_older_one(filled: Archive, program: Path) -> None:
    """The sweep before a submission brings the program up to date, and leaves that of a later release."""
    newer = verify_program().replace(b"READER = ", b"READER = 9")
    for found, then in ((b"", verify_program()), (b"READER = 0\n", verify_program()), (newer, newer)):
        program.write_bytes(found)
        sweep(filled)
        assert program.read_bytes() == then
    program.unlink()
    assert any(VERIFY in sentence for sentence in sweep(filled))
    assert sweep(filled) == []
