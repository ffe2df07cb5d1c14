"""``verify.py`` and the ledger, as docs/format.md has its bytes: written here by the letter, read by it."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dip.building import DipItem, DipOrder, build_dip
from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.information.reader.ledger import Tree
from oais.information.reader.proofs import proven
from oais.information.signature import Signer, create_signer
from tests.functions.deliveries import plain_bag
from tests.functions.test_reader import reader

SIGNER = create_signer(b"\x03" * 32)
ORIGIN = f"oais-archive/{SIGNER.key_id}"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def tree_head(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, by its recursive definition."""
    if len(entries) < 2:
        return hashlib.sha256(b"\0" + entries[0] if entries else b"").digest()
    middle = split(len(entries))
    return hashlib.sha256(b"\1" + tree_head(entries[:middle]) + tree_head(entries[middle:])).digest()


def audit_path(index: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, by its recursive definition."""
    if len(entries) < 2:
        return []
    middle = split(len(entries))
    if index < middle:
        return [*audit_path(index, entries[:middle]), tree_head(entries[middle:])]
    return [*audit_path(index - middle, entries[middle:]), tree_head(entries[:middle])]


def split(size: int) -> int:
    """The largest power of two that is smaller than the size."""
    return int(1 << (size - 1).bit_length() - 1)


def checkpoint(entries: list[bytes], signer: Signer = SIGNER, origin: str = ORIGIN) -> str:
    text = f"{origin}\n{len(entries)}\n{b64(tree_head(entries))}\n"
    raw = base64.b64decode(b"".join(signer.public_pem.splitlines()[1:-1]))[12:]
    name = hashlib.sha256(origin.encode() + b"\n\1" + raw).digest()[:4]
    return f"{text}\n— {origin} {b64(name + signer.sign(text.encode()))}\n"


def statement(number: int, kind: str = "policies", sha512: str = "ab" * 64, files: str = "") -> str:
    lines = [f"at 2026-11-21T17:05:00.00000{number % 10}Z", f"kind {kind}", f"subject s{number}"]
    text = "\n".join(["oais-ledger-entry/1", *lines, f"sha512 {sha512}"]) + "\n"
    return text + (f"files {files}\n" if files else "")


def entry_of(text: str, salt: bytes) -> bytes:
    return hashlib.sha256(salt + text.encode()).digest()


def proof_of(index: int, entries: list[bytes], text: str, salt: bytes) -> dict[str, Any]:
    return {
        "schema": "oais-ledger-proof/1",
        "statement": text,
        "salt": b64(salt),
        "index": index,
        "path": [b64(each) for each in audit_path(index, entries)],
        "checkpoint": checkpoint(entries),
        "public_key": SIGNER.public_pem.decode(),
    }


def is_proven(proof: dict[str, Any], keys: list[bytes]) -> bool:
    try:
        return bool(proven(json.dumps(proof).encode(), keys, named=True))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def test_every_proof_of_every_small_tree_is_accepted_and_no_other() -> None:
    """Trees of few leaves and around a tile: each entry is proven at its place and at no other."""
    for size in (1, 2, 3, 4, 5, 7, 8, 11, 255, 256, 257):
        salts = [hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(size)]
        texts = [statement(n) for n in range(size)]
        entries = [entry_of(text, salt) for text, salt in zip(texts, salts, strict=True)]
        tree = Tree()
        for entry in entries:
            tree.add(entry)
        assert tree.root() == tree_head(entries)
        for index in range(size) if size < 12 else (0, size // 2, size - 1):
            proof = proof_of(index, entries, texts[index], salts[index])
            assert is_proven(proof, [SIGNER.public_pem]), (size, index)
            assert not is_proven({**proof, "index": index + 1}, [SIGNER.public_pem])
            assert not is_proven({**proof, "index": index - 1}, [SIGNER.public_pem])


def test_a_changed_proof_is_refused(seeded: random.Random) -> None:
    """One character changed anywhere, a hash too many or too few, another name or key: nothing is proven."""
    salts = [bytes([n]) * 32 for n in range(7)]
    texts = [statement(n) for n in range(7)]
    entries = [entry_of(text, salt) for text, salt in zip(texts, salts, strict=True)]
    proof, keys = proof_of(4, entries, texts[4], salts[4]), [SIGNER.public_pem]
    assert is_proven(proof, keys)
    stranger = create_signer(b"\x04" * 32)
    assert not is_proven(proof, [stranger.public_pem])
    forged = {**proof, "checkpoint": checkpoint(entries, stranger)}
    assert not is_proven({**forged, "public_key": stranger.public_pem.decode()}, keys)
    assert is_proven(proof, [stranger.public_pem, *keys])
    for path in (proof["path"][:-1], [*proof["path"], b64(b"x" * 32)], proof["path"][::-1], []):
        assert not is_proven({**proof, "path": path}, keys)
    assert not is_proven({**proof, "more": ""}, keys)
    assert not is_proven({name: value for name, value in proof.items() if name != "salt"}, keys)
    for name in ("statement", "salt", "checkpoint"):
        text = proof[name]
        for place in seeded.sample(range(len(text) - 1), 20):
            changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
            other = {**proof, name: changed}
            assert not is_proven(other, keys), (name, place)


def write_tile(folder: Path, number: int, items: list[bytes]) -> None:
    """Write a tile: a whole one as ``000``, one of W items as ``000.p/W``."""
    place = folder / (f"{number:03}" if len(items) == 256 else f"{number:03}.p/{len(items)}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"".join(items))


def write_ledger(archive: Archive, extra: int) -> None:
    """Write the ledger of an archive by the letter of docs/format.md, with entries that only fill tiles."""
    ledger, signer = archive.home / "ledger", archive.signer
    origin = f"oais-archive/{signer.key_id}"
    inventory = find_aip(archive, "x.plain").path / "v1" / "inventory.json"
    texts = [statement(number) for number in range(extra)]
    about = statement(0, "aip-version", hashlib.sha512(inventory.read_bytes()).hexdigest(), "cd" * 64)
    texts.append(about.replace("subject s0", "subject x.plain@v1"))
    salts = [hashlib.sha256(b"salt" + bytes([n % 256, n // 256])).digest() for n in range(len(texts))]
    entries = [entry_of(text, salt) for text, salt in zip(texts, salts, strict=True)]
    (ledger / "origin").write_text(f"{origin}\n")
    (ledger / "checkpoint").write_text(checkpoint(entries, signer, origin))
    sizes = {1, extra, len(texts)}
    for size in sizes:
        folder = ledger / "checkpoints"
        folder.mkdir(exist_ok=True)
        (folder / f"{size:03}").write_text(checkpoint(entries[:size], signer, origin))
    tiles = ledger / "tile" / "entries"
    for number in range(0, len(entries), 256):
        part = entries[number : number + 256]
        write_tile(tiles, number // 256, [b"\0\x20" + entry for entry in part])
        leaves = [hashlib.sha256(b"\0" + entry).digest() for entry in part]
        write_tile(ledger / "tile" / "0", number // 256, leaves)
    write_tile(ledger / "tile" / "1", 0, [tree_head(entries[:256])])
    lines = [
        {"index": n, "size": min(s for s in sizes if s > n), "salt": b64(salt), "statement": text}
        for n, (salt, text) in enumerate(zip(salts, texts, strict=True))
    ]
    (ledger / "statements.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(scope="module")
def ledgered(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with one AIP and a ledger of more than one tile."""
    place = tmp_path_factory.mktemp("ledgered")
    archive = initialise(place / "home")
    (told,) = submit(archive, [plain_bag(place / "a.bag", "x.plain", {"a.csv": b"a\n1\n"})])
    assert told.error == ""
    for path in (archive.home / "ledger").iterdir():
        if path.name != "receipts":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    write_ledger(archive, 299)
    return archive


def test_the_ledger_beside_a_storage_root_is_verified(
    ledgered: Archive, tmp_path: Path, record_count: Callable[[str, int], None], seeded: random.Random
) -> None:
    """A ledger that fits is whole; each byte changed in heads, entries or statements is damage."""
    shutil.copytree(ledgered.home, tmp_path / "home")
    program, ledger = tmp_path / "home" / "aip" / "verify.py", tmp_path / "home" / "ledger"
    told = reader(program)
    assert told.returncode == 0, told.stdout
    assert "whole    ledger  300 entries" in told.stdout
    files = sorted(path for path in ledger.rglob("*") if path.is_file() and path.name != "origin")
    files = [path for path in files if "receipts" not in path.parts]
    for path in files:
        good = path.read_bytes()
        place = seeded.randrange(len(good))
        changed = bytes([good[place] ^ 0x01])
        path.write_bytes(good[:place] + changed + good[place + 1 :])
        told = reader(program)
        assert told.returncode == 3, (path, place, told.stdout)
        assert "DAMAGED  ledger" in told.stdout
        path.write_bytes(good)
    record_count("bits flipped before the reader", len(files))
    (ledger / "statements.jsonl").rename(tmp_path / "aside")
    assert reader(program).returncode == 0  # the private list may stay at home
    (ledger / "tile" / "1").rename(tmp_path / "tile")
    assert reader(program).returncode == 3
    (tmp_path / "tile").rename(ledger / "tile" / "1")
    shutil.copy(tmp_path / "aside", ledger / "statements.jsonl")
    (ledger / "checkpoint").unlink()
    assert reader(program).returncode == 3


def test_an_aip_that_the_ledger_knows_is_missed(ledgered: Archive, tmp_path: Path) -> None:
    """Without receipts too: the ledger says that the version was there, and what its inventory was."""
    shutil.copytree(ledgered.home, tmp_path / "home")
    home = tmp_path / "home"
    shutil.rmtree(home / "ledger" / "receipts")
    assert reader(home / "aip" / "verify.py").returncode == 0
    shutil.rmtree(home / "aip" / find_aip(ledgered, "x.plain").path.relative_to(ledgered.aip_root).parts[0])
    told = reader(home / "aip" / "verify.py")
    assert told.returncode == 3
    assert "aip-version x.plain@v1" in told.stdout


@pytest.mark.parametrize("damage", ["", "listing", "proof", "stranger"])
def test_a_delivery_says_what_the_ledger_proves_of_it(tmp_path: Path, damage: str) -> None:
    """A sound proof is told with how many files it proves; a wrong one is damage, however well sealed."""
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    digests = {name: hashlib.new(name, b"a\n1\n").hexdigest() for name in ("sha256", "sha512")}
    listing = f"{digests['sha512']}  representations/original/data/a.csv\n".encode()
    text = statement(1, "aip-version", "ab" * 64, hashlib.sha512(listing).hexdigest())
    proof = proof_of(1, [b"x" * 32, entry_of(text, b"s" * 32), b"y" * 32], text, b"s" * 32)
    if damage == "proof":
        proof["index"] = 0
    if damage == "stranger":
        proof["checkpoint"] = proof["checkpoint"].replace(ORIGIN, "oais-archive/other")
    metadata = {"ledger-proof.json": json.dumps(proof).encode()}
    metadata["ledger-files.txt"] = listing + b"x" if damage == "listing" else listing
    order = DipOrder(
        order_id="order-1",
        title="One file",
        items=(DipItem("a.csv", tmp_path / "a.csv", 4, digests),),
        metadata=metadata,
        citation="",
        licence="",
        source_organization="Test archive",
        at="2026-11-21T17:05:00Z",
    )
    dip = build_dip(order, tmp_path / "dip", SIGNER, container="directory")
    told = reader(dip.path / "verify.py")
    assert told.returncode == (3 if damage else 0), told.stdout
    assert ("1 of 1 files are proven by it" in told.stdout) is (not damage)
