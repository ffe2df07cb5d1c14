"""A part of ``verify.py``: the ledger of promises, and the proof that something stands in it."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from oais.information.reader.ed25519 import raw_key, signed_by
from oais.information.reader.folder import Folder, open_plain, small_file
from oais.information.reader.head import reason
from oais.information.reader.storage_root import object_path
from oais.information.reader.withdrawals import Withdrawn, record_path

# -- The ledger: a Merkle tree (RFC 6962) in tiles, its head signed --------------------------------------

STATEMENT = re.compile(
    "oais-ledger-entry/1\nat [^\n]+\nkind [a-z-]+\nsubject [^\n]+\nsha512 [0-9a-f]{128}\n"
    "(files [0-9a-f]{128}\n)?\\Z"
)
PROOF_NAMES = {"schema", "statement", "salt", "index", "path", "checkpoint", "public_key"}
LONGEST_LINE = 1 << 16


def bytes_in(text: str) -> bytes:
    """Return what a text in Base64 stands for; raises ValueError for another text of the same bytes."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("it holds bits that stand for nothing")
    return data


def told_by(statement: str) -> "dict[str, str]":
    """Return the lines of a statement by their first words; raises ValueError for what is none."""
    if not STATEMENT.match(statement) or not all(ord(sign) < 127 for sign in statement):
        raise ValueError("it is not a statement of this ledger")
    lines = (line.partition(" ") for line in statement.splitlines()[1:])
    return {word: rest for word, _, rest in lines}


def leaf_of(salt: bytes, statement: str) -> bytes:
    """Return the entry of a statement, which is what the tree has as a leaf."""
    if len(salt) != 32:
        raise ValueError(f"its salt has {len(salt)} bytes, expected 32")
    return hashlib.sha256(salt + statement.encode("ascii")).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_by_path(index: int, size: int, entry: bytes, path: "list[bytes]") -> bytes:
    """Return the root to which an audit path leads (RFC 9162, 2.1.3.2); raises ValueError."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size}")
    node, last, found = index, size - 1, hashlib.sha256(b"\0" + entry).digest()
    for each in path:
        if last == 0:
            raise ValueError("its path is too long")
        if node & 1 or node == last:
            found = parent(each, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = parent(found, each)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("its path is too short")
    return found


def signed_head(note: bytes, keys: "list[bytes]") -> "tuple[int, bytes]":
    """Return size and root of a checkpoint that a trusted key signed; raises ValueError."""
    text, blank, below = note.decode("utf-8").partition("\n\n")
    lines, signatures = text.split("\n"), below.split("\n")
    if not blank or signatures.pop() or len(lines) != 3 or not re.match("(0|[1-9][0-9]*)$", lines[1]):
        raise ValueError("it is not a checkpoint")
    known = 0
    for line in signatures[:17]:
        dash, name, code = [*line.split(" "), "", ""][:3]
        blob = bytes_in(code)
        if dash != "\u2014" or len(signatures) > 16:
            raise ValueError("its signatures are not those of a signed note")
        for pem in keys:
            begin = hashlib.sha256(name.encode() + b"\n\1" + raw_key(pem)).digest()[:4]
            if name == lines[0] and blob[:4] == begin:
                known += 1
                if not signed_by(pem, (text + "\n").encode("utf-8"), blob[4:]):
                    raise ValueError("a signature of the checkpoint does not fit it")
    if not known and keys:
        raise ValueError("no trusted key signed the checkpoint")
    return int(lines[1]), bytes_in(lines[2])


def proven(data: bytes, keys: "list[bytes]", named: bool) -> "dict[str, str]":
    """Return the statement that a proof proves, by its words; raises ValueError.

    The key that lies in the proof counts as long as no key was ``named`` that counts instead.
    """
    plain = json.loads(data.decode("utf-8"))
    if set(plain) != PROOF_NAMES or plain["schema"] != "oais-ledger-proof/1":
        raise ValueError("it is not a proof of this ledger")
    told = told_by(plain["statement"])
    its_own = [] if named or not keys else [plain["public_key"].encode("utf-8")]
    size, root = signed_head(plain["checkpoint"].encode("utf-8"), keys + its_own)
    path = [bytes_in(each) for each in plain["path"]]
    entry = leaf_of(bytes_in(plain["salt"]), plain["statement"])
    if root_by_path(int(plain["index"]), size, entry, path) != root:
        raise ValueError("its path does not lead to the root of its checkpoint")
    return told


def tile_path(level: "int | str", number: int) -> str:
    """Return where a whole tile lies below the ledger: tile 1234067 at x001/x234/067."""
    digits = f"{number:0{(len(str(number)) + 2) // 3 * 3}d}"
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return f"tile/{level}/" + "/".join(["x" + part for part in parts[:-1]] + parts[-1:])


class Tree:
    """A Merkle tree that grows leaf by leaf and keeps only its peaks."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[tuple[int, bytes]] = []

    def add(self, entry: bytes) -> None:
        """Add a leaf."""
        level, node = 0, hashlib.sha256(b"\0" + entry).digest()
        while self.peaks and self.peaks[-1][0] == level:
            level, node = level + 1, parent(self.peaks.pop()[1], node)
        self.peaks.append((level, node))
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        peaks = [node for _, node in self.peaks]
        found = peaks.pop() if peaks else hashlib.sha256(b"").digest()
        while peaks:
            found = parent(peaks.pop(), found)
        return found


class Ledger:
    """The ledger beside a storage root; ``faults`` maps what is wrong to why."""

    def __init__(self, root: str, keys: "list[bytes]", withdrawn: Withdrawn) -> None:
        self.withdrawn = withdrawn.versions
        self.root, self.place, self.keys = root, os.path.join(root, os.pardir, "ledger"), keys
        self.disk = Folder(self.place, leave="receipts")
        self.faults: dict[str, str] = {}
        self.heads: dict[int, bytes] = {}
        self.tiles: dict[str, list[str]] = {}
        self.rows: list[list[bytes]] = []
        self.counts: list[int] = []
        self.size = 0

    def verify(self) -> None:
        """Check every signed head against the entries, and every statement against what it is about."""
        for name in sorted(self.disk.files):
            if name == "checkpoint" or name.startswith("checkpoints/"):
                try:
                    size, root = signed_head(self.disk.bytes_of(name), self.keys)
                except (OSError, ValueError) as error:
                    self.faults[name] = reason(error)
                    continue
                if self.heads.setdefault(size, root) != root:
                    self.faults[name] = f"another head of the same size, {size}, has another root"
        self.size = max([0, *self.heads])
        if "checkpoint" not in self.disk.files:
            self.faults["checkpoint"] = "is missing"
        for name in self.disk.files:
            if name.startswith("tile/"):
                self.tiles.setdefault(name.partition(".p/")[0], []).append(name)
        self._grow()
        for level in range(len(self.rows)):
            self._verify_tile(tile_path(level, self.counts[level]), self.rows[level])

    def _add_hash(self, level: int, node: bytes) -> None:
        """Add a hash to the tiles of a level; a full tile is compared and gives one of the level above."""
        if level == len(self.rows):
            self.rows.append([])
            self.counts.append(0)
        row = self.rows[level]
        row.append(node)
        if len(row) == 256:
            self._verify_tile(tile_path(level, self.counts[level]), row)
            while len(row) > 1:
                row[:] = [parent(row[at], row[at + 1]) for at in range(0, len(row), 2)]
            self.counts[level] += 1
            self._add_hash(level + 1, row.pop())

    def _verify_tile(self, name: str, items: "list[bytes]") -> None:
        """Compare a tile, and what is left of the times when it was not so wide, with what it must hold."""
        widths = {path: path.partition(".p/")[2] or "256" for path in self.tiles.get(name, [])}
        if items and not {"256", str(len(items))} & set(widths.values()):
            self.faults[name] = "is missing"
        for path in sorted(widths):
            try:
                data = self.disk.bytes_of(path)
            except OSError as error:
                self.faults[path] = reason(error)
                continue
            if (
                data[: len(items) * 32] != b"".join(items)[: len(data)]
                or f"{len(data) / 32:g}" != widths[path]
            ):
                self.faults[path] = "does not hold the hashes of the entries"

    def _grow(self) -> None:
        tree, statements = Tree(), self._statements()
        try:
            for entry in self._entries():
                tree.add(entry)
                self._add_hash(0, hashlib.sha256(b"\0" + entry).digest())
                self._verify_statement(entry, next(statements, None), tree.size - 1)
                if tree.size in self.heads and self.heads[tree.size] != tree.root():
                    self.faults[f"entry {tree.size - 1}"] = (
                        f"the head of size {tree.size} is of other entries"
                    )
        except (OSError, ValueError) as error:
            self.faults[f"entry {tree.size}"] = reason(error)

    def _entries(self) -> "Iterator[bytes]":
        """Yield the entries below the newest head; raises OSError and ValueError."""
        for number in range((self.size + 255) // 256):
            path = tile_path("entries", number)
            count = min(256, self.size - 256 * number)
            data = self.disk.bytes_of(path if path in self.disk.files else f"{path}.p/{count}")
            if len(data) < 34 * count:
                raise ValueError(f"{path} ends before entry {256 * number + count - 1}")
            for at in range(0, 34 * count, 34):
                if data[at : at + 2] != b"\0\x20":
                    raise ValueError(f"{path} does not hold entries of 32 bytes")
                yield data[at + 2 : at + 34]

    def _statements(self) -> "Iterator[dict[str, Any]]":
        """Yield the lines of the private list, where it is there; what is no line is told and empty."""
        if "statements.jsonl" not in self.disk.files:
            return
        with open_plain(os.path.join(self.place, "statements.jsonl")) as stream:
            for line in iter(lambda: stream.readline(LONGEST_LINE), b""):
                try:
                    plain = json.loads(line.decode("utf-8"))
                    yield plain if isinstance(plain, dict) else {}
                except (ValueError, RecursionError):
                    yield {}

    def _verify_statement(self, entry: bytes, line: "dict[str, Any] | None", index: int) -> None:
        if line is None:
            if "statements.jsonl" in self.disk.files:
                self.faults["statements.jsonl"] = f"ends before entry {index}"
            return
        try:
            statement = line["statement"]
            if leaf_of(bytes_in(line["salt"]), statement) != entry:
                raise ValueError("the statement is not what the ledger holds")
            if line["index"] != index or line["size"] not in self.heads or line["size"] <= index:
                raise ValueError("its index or size is not that of the entry")
            told = told_by(statement)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.faults[f"statement {index}"] = reason(error)
            return
        self._compare(told)

    def _compare(self, told: "dict[str, str]") -> None:
        """Compare what a statement is about with what lies there."""
        name = f"{told['kind']} {told['subject']}"
        folder, path = self._place_of(told["kind"], told["subject"])
        if path and os.path.isdir(folder) and (told["subject"], told["sha512"]) not in self.withdrawn:
            try:
                found = hashlib.sha512(small_file(os.path.join(folder, *path.split("/")))).hexdigest()
            except OSError as error:
                self.faults[name] = f"{path}: {reason(error)}"
                return
            if found != told["sha512"]:
                self.faults[name] = f"{path} is not what the ledger says"

    def _place_of(self, kind: str, subject: str) -> "tuple[str, str]":
        """Return the folder and the path in it of what a statement is about; empty where none is known."""
        if kind == "aip-version":
            aip_id, _, version = subject.rpartition("@")
            if re.match("v[0-9]{1,9}$", version):
                return self.root, f"{object_path(aip_id)}/{version}/inventory.json"
        if kind == "deaccession":
            aip_id, _, record = subject.rpartition("@")
            return self.place, record_path(object_path(aip_id).rpartition("/")[2], record)
        match = re.match("r([0-9]{4})([0-9]{2})[0-9]{2}T[0-9]{6}Z-[0-9a-f]{8}$", subject)
        if kind == "receipt" and match:
            path = f"{match.group(1)}/{match.group(2)}/{subject}.json"
            return os.path.join(self.place, "receipts"), path
        if kind == "key" and re.match("[0-9a-f]{16}$", subject):
            return os.path.join(self.root, os.pardir, "keys", "trusted"), f"{subject}.pem"
        if kind == "audit" and re.match("[0-9A-Za-z:.-]+$", subject) and ".." not in subject:
            return os.path.join(self.place, "audits"), f"{subject}.json"
        return "", ""
