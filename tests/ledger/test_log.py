"""The files of the ledger: layout, appending, crashes, and every kind of tampering."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.errors import ConfigurationError, DamageError, StorageError
from oais.information.ledger.merkle import leaf_hash
from oais.information.ledger.notes import Checkpoint, open_checkpoint, sign_checkpoint
from oais.information.ledger.proofs import check_proof, parse_proof
from oais.information.ledger.statements import Statement
from oais.information.signature import create_signer
from oais.ledger import log, tiles
from oais.ledger.log import Ledger, checkpoint_name
from oais.ledger.opened import each_line, find_line, parse_line
from oais.ledger.verifying import verify_log
from tests.ledger import naive

SIGNER, OTHER = create_signer(bytes(range(32))), create_signer(bytes(range(1, 33)))
SIZES = (3, 1, 256, 44, 700)
"""Entries appended at a time: full tiles, partial ones, and a level above them."""


def statement(number: int) -> Statement:
    """A statement like no other."""
    return Statement("2026-11-21T17:05:00.000000Z", "receipt", f"r{number}", f"{number:0128x}")


def ledger_at(root: Path) -> Ledger:
    """A ledger whose one key is ours."""
    return Ledger(root, {SIGNER.key_id: SIGNER.public_pem}, root.parent / "lock")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of 1004 entries in five appends, to be copied and never changed."""
    root = tmp_path_factory.mktemp("written") / "ledger"
    ledger, number = ledger_at(root), 0
    for size in SIZES:
        ledger.append([statement(number + place) for place in range(size)], SIGNER)
        number += size
    return root


@pytest.fixture
def ledger(written: Path, tmp_path: Path) -> Ledger:
    """A copy of that ledger."""
    shutil.copytree(written, tmp_path / "ledger")
    return ledger_at(tmp_path / "ledger")


def entries_on_disk(root: Path) -> list[bytes]:
    """Every entry, read from the bundles as the format page describes them."""
    entries = []
    for name in ("000", "001", "002", "003.p/236"):
        data = (root / "tile" / "entries" / name).read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    return entries


def test_the_layout_is_that_of_tlog_tiles(ledger: Ledger) -> None:
    """Full tiles, partial tiles of the newest size, a level above; and the root is that of the definition."""
    entries = entries_on_disk(ledger.root)
    assert len(entries) == 1004
    assert ledger.head() == Checkpoint(f"oais-archive/{SIGNER.key_id}", 1004, naive.mth(entries))
    tiles = {path.relative_to(ledger.root).as_posix() for path in ledger.root.glob("tile/[0-9]/**/*")}
    assert {"tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003.p/236", "tile/1/000.p/3"} <= tiles
    assert "tile/0/000.p" not in tiles
    hashes = (ledger.root / "tile" / "0" / "001").read_bytes()
    assert hashes == b"".join(map(leaf_hash, entries[256:512]))
    above = (ledger.root / "tile" / "1" / "000.p" / "3").read_bytes()
    assert above == b"".join(naive.mth(entries[at : at + 256]) for at in (0, 256, 512))


def test_every_signed_head_is_kept_and_is_that_of_its_time(ledger: Ledger) -> None:
    """For each append there is the checkpoint of that size, over the entries of that time."""
    entries, size = entries_on_disk(ledger.root), 0
    for added in SIZES:
        size += added
        note = (ledger.root / checkpoint_name(size)).read_bytes()
        assert open_checkpoint(note, ledger.origin(), ledger.keys)[0].root == naive.mth(entries[:size])
    assert checkpoint_name(1234) == "checkpoints/x001/234"


def test_nothing_in_clear_but_how_many(ledger: Ledger) -> None:
    """Tiles and bundles hold no subject; the salts differ, also for the same statement, and are private."""
    for path in ledger.root.glob("tile/**/*"):
        assert path.is_dir() or b"receipt" not in path.read_bytes()
    salts = {parse_line(line).salt for line in each_line(ledger.root)}
    assert len(salts) == 1004
    assert (ledger.root / "statements.jsonl").stat().st_mode & 0o777 == 0o600
    again = ledger.append([statement(7)], SIGNER)
    assert again.size == 1005
    assert entries_on_disk_beyond(ledger.root) not in entries_on_disk(ledger.root)


def entries_on_disk_beyond(root: Path) -> bytes:
    """The entry that was added last."""
    return (root / "tile" / "entries" / "003.p" / "237").read_bytes()[-32:]


def test_each_entry_is_proven_and_each_changed_byte_of_a_proof_refused(
    ledger: Ledger, seeded: random.Random
) -> None:
    """Proofs of entries all over the ledger hold for a stranger, and no byte of one can be another."""
    for number in (0, 3, 4, 255, 256, 303, 304, 1003):
        opened = find_line(ledger.root, "receipt", f"r{number}")
        assert opened is not None
        assert opened.index == number
        data = ledger.prove(opened).as_bytes()
        assert ledger.prove(opened).as_bytes() == data
        assert check_proof(parse_proof(data), ledger.keys).size == opened.size
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << seeded.randrange(7)
        with pytest.raises(ValueError, match=r"."):
            check_proof(parse_proof(bytes(changed)), ledger.keys)


def test_a_proof_says_nothing_without_a_trusted_key(ledger: Ledger) -> None:
    """The key inside is no witness for itself, another archive's key none for this one."""
    opened = find_line(ledger.root, "receipt", "r9")
    assert opened is not None
    proof = ledger.prove(opened)
    for keys in ({}, {OTHER.key_id: OTHER.public_pem}, {SIGNER.key_id: OTHER.public_pem}):
        with pytest.raises(ValueError, match="key"):
            check_proof(proof, keys)
    with pytest.raises(ValueError, match="log"):
        check_proof(proof, ledger.keys, "oais-archive/another")


def test_a_proof_stays_the_same_when_the_ledger_grows(ledger: Ledger) -> None:
    """What was handed out once is handed out again, byte for byte."""
    opened = find_line(ledger.root, "receipt", "r300")
    assert opened is not None
    before = ledger.prove(opened).as_bytes()
    ledger.append([statement(2000 + number) for number in range(300)], SIGNER)
    assert ledger.prove(opened).as_bytes() == before


def codes(ledger: Ledger) -> list[tuple[str, str]]:
    """What verifying finds: codes and paths."""
    return [(found.code, found.path) for found in verify_log(ledger)]


def test_a_whole_ledger_is_whole(ledger: Ledger) -> None:
    """No false alarm."""
    assert codes(ledger) == []


def test_what_is_signed_while_it_is_verified_is_no_damage(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process appends between the newest checkpoint and the list of those that are kept."""
    real = Ledger.head

    def head(self: Ledger) -> Checkpoint:
        found = real(self)
        monkeypatch.undo()
        self.append([statement(3000)], SIGNER)
        return found

    size = ledger.head().size
    monkeypatch.setattr(Ledger, "head", head)
    assert codes(ledger) == []
    assert ledger.head().size == size + 1
    assert codes(ledger) == []


def test_every_file_flipped_cut_lengthened_or_lost_is_named(ledger: Ledger, seeded: random.Random) -> None:
    """Any change of any one file is found, with that file's path among what is told."""
    files = [path for path in sorted(ledger.root.rglob("*")) if path.is_file()]
    assert len(files) > 15
    for path in files:
        data = path.read_bytes()
        place = seeded.randrange(len(data))
        flipped = data[:place] + bytes([data[place] ^ 1 << seeded.randrange(8)]) + data[place + 1 :]
        for changed in (flipped, data[:-1], data + b"\n", b"", None):
            path.unlink() if changed is None else path.write_bytes(changed)
            name = f"ledger/{path.relative_to(ledger.root).as_posix()}"
            if name == "ledger/origin":
                name = "ledger/checkpoint"  # whose name it does not bear any more
            found = [place.partition(":")[0] for _, place in codes(ledger)]
            # What a crash may leave: lines beyond the signed size, a newest checkpoint not yet copied.
            left = {("ledger/statements.jsonl", data + b"\n"), ("ledger/checkpoints/x001/004", None)}
            spared = (name, changed) in left
            assert (name in found) != spared, (name, changed, found)
            path.write_bytes(data)
    assert codes(ledger) == []


def rewrite(ledger: Ledger, change: Callable[[list[Statement]], None]) -> Ledger:
    """The ledger that somebody with the key makes who wants another history: all of it written anew."""
    statements = [parse_line(line).statement for line in each_line(ledger.root)]
    change(statements)
    shutil.rmtree(ledger.root)
    ledger.append(statements, SIGNER)
    return ledger


def swap(statements: list[Statement]) -> None:
    """Two entries in another order."""
    statements[3], statements[4] = statements[4], statements[3]


def edit(statements: list[Statement]) -> None:
    """One entry says something else."""
    statements[500] = statement(9999)


def cut(statements: list[Statement]) -> None:
    """The last entry never was."""
    del statements[-1]


def cut_and_go_on(statements: list[Statement]) -> None:
    """An entry is taken out, and the size is as it was."""
    del statements[100]
    statements.append(statement(9999))


@pytest.mark.parametrize("change", [swap, edit, cut, cut_and_go_on])
def test_a_history_written_anew_is_told_by_a_checkpoint_kept_elsewhere(
    ledger: Ledger, change: Callable[[list[Statement]], None]
) -> None:
    """The key alone cannot undo what somebody else has seen: fork, truncation, edit, order, same size."""
    from oais.ledger.verifying import Tree, proven_tree, why_not_of

    kept = (ledger.root / "checkpoint").read_bytes()
    forged = rewrite(ledger, change)
    assert codes(forged) == []
    tree = proven_tree(forged, forged.head())
    assert isinstance(tree, Tree)
    assert why_not_of(forged, tree, kept) != ""
    assert why_not_of(forged, tree, (forged.root / "checkpoint").read_bytes()) == ""


def test_an_old_state_put_back_is_told(ledger: Ledger, tmp_path: Path) -> None:
    """A checkpoint of last week, put in the place of today's, is refused by what else lies there."""
    shutil.copy(ledger.root / checkpoint_name(304), ledger.root / "checkpoint")
    assert ("LED-001", "ledger/checkpoints/x001/004") in codes(ledger)
    assert tmp_path.exists()


def test_a_checkpoint_put_back_is_not_appended_to(ledger: Ledger) -> None:
    """Nothing that was signed once gives way to something new."""
    shutil.copy(ledger.root / checkpoint_name(260), ledger.root / "checkpoint")
    lines = (ledger.root / "statements.jsonl").read_bytes()
    with pytest.raises(DamageError, match="an old one"):
        ledger.append([statement(1)], SIGNER)
    assert (ledger.root / "statements.jsonl").read_bytes() == lines


def test_a_lost_checkpoint_is_not_begun_anew(ledger: Ledger) -> None:
    """Without its tree head the ledger takes in nothing."""
    (ledger.root / "checkpoint").unlink()
    with pytest.raises(DamageError, match="checkpoint is missing"):
        ledger.append([statement(1)], SIGNER)


def test_nothing_is_added_to_a_ledger_that_is_not_what_was_signed(ledger: Ledger) -> None:
    """A tile that was changed is noticed before anything is signed on top of it."""
    path = ledger.root / "tile" / "0" / "003.p" / "236"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    before = (ledger.root / "checkpoint").read_bytes()
    with pytest.raises(DamageError, match="does not begin with"):
        ledger.append([statement(1)], SIGNER)
    assert (ledger.root / "checkpoint").read_bytes() == before


def test_what_the_disk_gives_back_is_compared(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that returns other bytes than were written gets no signature."""
    real = tiles.read_tile

    def lie(*arguments: object, **keywords: object) -> bytes:
        data = real(*arguments, **keywords)  # type: ignore[arg-type]
        return data[:-1] + bytes([data[-1] ^ 1])

    monkeypatch.setattr(log, "read_tile", lie)
    with pytest.raises(DamageError, match="gave back other bytes"):
        ledger.append([statement(1)], SIGNER)
    monkeypatch.undo()
    assert ledger.head().size == 1004
    assert ledger.append([statement(1)], SIGNER).size == 1005
    assert codes(ledger) == []


@pytest.mark.parametrize("lost", [2, 21, 300])
def test_what_a_crash_left_is_not_stepped_over(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """Tiles of entries that were never signed do not stay when those that come next have other widths."""

    def die(*_: object) -> Checkpoint:
        raise StorageError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_sign", die)
        with pytest.raises(StorageError):
            ledger.append([statement(place) for place in range(lost)], SIGNER)
    for number, more in enumerate((lost - 1, 2, 400)):
        ledger.append([statement(5000 + 500 * number + place) for place in range(more)], SIGNER)
        assert codes(ledger) == []


def test_a_key_that_does_not_count_signs_nothing(ledger: Ledger) -> None:
    """Nobody would believe what it signed, and the ledger could not go on from there."""
    with pytest.raises(ConfigurationError, match="keys/trusted"):
        ledger.append([statement(1)], OTHER)
    assert ledger.head().size == 1004


def test_a_checkpoint_by_a_stranger_is_refused(ledger: Ledger) -> None:
    """A head signed by a key that is not trusted is none."""
    forged = sign_checkpoint(ledger.head(), OTHER)
    (ledger.root / "checkpoint").write_bytes(forged)
    assert [code for code, _ in codes(ledger)] == ["LED-001"]


def test_lines_are_read_back_only_as_they_were_written(ledger: Ledger) -> None:
    """A private line with something more in it, or spelled otherwise, is no line."""
    line = next(each_line(ledger.root))
    plain = json.loads(line)
    spellings: tuple[object, ...] = ({**plain, "more": 1}, {**plain, "index": "0"}, {"index": 0}, [], 7)
    for changed in spellings:
        with pytest.raises(ValueError, match=r"."):
            parse_line(json.dumps(changed).encode() + b"\n")
