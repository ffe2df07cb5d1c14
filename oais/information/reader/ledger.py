"""A part of ``verify.py``: the whole ledger of promises beside a storage root."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from oais.information.reader.ed25519 import judged
from oais.information.reader.folder import Folder, open_plain, small_file
from oais.information.reader.head import reason
from oais.information.reader.proofs import LONGEST_LINE, bytes_in, leaf_of, parent, signed_head, told_by
from oais.information.reader.storage_root import object_path
from oais.information.reader.withdrawals import Withdrawn, record_path

# -- The whole ledger: the tree in tiles, every head, every statement ------------------------------------


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

    def __init__(
        self,
        root: str,
        keys: "list[bytes]",
        withdrawn: Withdrawn,
        ends: "dict[bytes, int] | None" = None,
    ) -> None:
        self.withdrawn = withdrawn.versions
        self.root, self.place, self.keys = root, os.path.join(root, os.pardir, "ledger"), keys
        self.ends = ends or {}
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
                    size, root = signed_head(self.disk.bytes_of(name), self.keys, self.ends)
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
        self._compare(told, index)

    def _compare(self, told: "dict[str, str]", index: int) -> None:
        """Compare what a statement is about with what lies there; of several about it the last counts."""
        name = f"{told['kind']} {told['subject']}"
        folder, path = self._place_of(told["kind"], told["subject"])
        if told["kind"] == "renewal":
            self._verify_renewal(name, told["sha512"])
        if path and os.path.isdir(folder) and (told["subject"], told["sha512"]) not in self.withdrawn:
            try:
                found = hashlib.sha512(small_file(os.path.join(folder, *path.split("/")))).hexdigest()
            except OSError as error:
                self.faults[name] = f"{path}: {reason(error)}"
                return
            self.faults.pop(name, None)
            if found != told["sha512"]:
                self.faults[name] = f"{path} is not what the ledger says"
            elif self.ends:
                self._require_in_time(name, os.path.join(folder, *path.split("/")), index)

    def _require_in_time(self, name: str, path: str, index: int) -> None:
        """Find what was signed by a key that had ended before it came into the ledger."""
        kind, _, subject = name.partition(" ")
        signature = path + ".sig"
        if kind == "aip-version":
            above = os.path.dirname(os.path.dirname(path))
            number = subject.rpartition("@v")[2]
            signature = os.path.join(above, "logs", "signatures", f"v{number}.inventory.json.sig")
        elif kind != "receipt":
            return
        late = [pem for pem in self.ends if self.ends[pem] <= index]
        try:
            data, signed = (small_file(path), small_file(signature)) if late else (b"", b"")
        except OSError as error:
            self.faults[name] = reason(error)
            return
        if late and judged(late, data, signed):
            self.faults[name] = f"entry {index} is signed by a key that had ended before"

    def _verify_renewal(self, name: str, expected: str) -> None:
        """Compare the lines that a renewal speaks of with the other digest that it gave them."""
        match = re.match("renewal statements@([0-9]{1,18})$", name)
        hasher = hashlib.sha512()
        with open_plain(os.path.join(self.place, "statements.jsonl")) as stream:
            for _ in range(int(match.group(1)) if match else 0):
                hasher.update(stream.readline(LONGEST_LINE))
        if not match or hasher.hexdigest() != expected:
            self.faults[name] = "the statements are not those whose evidence was renewed"

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
        if kind == "trust" and re.match("root[.][1-9][0-9]*$", subject):
            return os.path.join(self.root, os.pardir, "trust"), f"{subject}.json"
        if kind == "audit" and re.match("[0-9A-Za-z:.-]+$", subject) and ".." not in subject:
            return os.path.join(self.place, "audits"), f"{subject}.json"
        return "", ""
