"""A part of ``verify.py``: signed heads of the ledger, and the proof that something stands in it."""

import base64
import hashlib
import json
import re

from oais.information.reader.ed25519 import UNCHECKED, algorithm_of, judged, raw_key

# -- The ledger: what is signed of a Merkle tree (RFC 6962), and proofs from it ----------------------------

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


def line_begin(name: str, pem: bytes) -> bytes:
    """Return how the signature lines of a key begin: a digest of name, algorithm and key."""
    algorithm = algorithm_of(pem)
    kind = b"\1" if algorithm == "ed25519" else b"\xffoais " + algorithm.encode() + b"\n"
    return hashlib.sha256(name.encode() + b"\n" + kind + raw_key(pem)).digest()[:4]


def signed_head(
    note: bytes, keys: "list[bytes]", ends: "dict[bytes, int] | None" = None
) -> "tuple[int, bytes]":
    """Return size and root of a checkpoint that a trusted key signed before its end; raises ValueError.

    Where another key's signature was checked, those that cannot be checked here are no matter.
    """
    text, blank, below = note.decode("utf-8").partition("\n\n")
    lines, signatures = text.split("\n"), below.split("\n")
    if not blank or signatures.pop() or len(lines) != 3 or not re.match("(0|[1-9][0-9]*)$", lines[1]):
        raise ValueError("it is not a checkpoint")
    size, known, why = int(lines[1]), 0, "no trusted key signed the checkpoint"
    checked, before = False, len(UNCHECKED)
    for line in signatures[:17]:
        dash, name, code = [*line.split(" "), "", ""][:3]
        blob = bytes_in(code)
        if dash != "\u2014" or len(signatures) > 16:
            raise ValueError("its signatures are not those of a signed note")
        for pem in keys:
            if name == lines[0] and blob[:4] == line_begin(name, pem):
                last = (ends or {}).get(pem, size)
                why = why if size <= last else f"its key ended at {last} entries"
                known += size <= last
                signed = judged([pem], (text + "\n").encode("utf-8"), blob[4:])
                if signed is False:
                    raise ValueError("a signature of the checkpoint does not fit it")
                checked = checked or (bool(signed) and size <= last)
    if checked:
        del UNCHECKED[before:]
    if not known and keys:
        raise ValueError(why)
    return size, bytes_in(lines[2])


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
