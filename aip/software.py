"""Names of software by its content: SWHIDs (ISO/IEC 18670), equal to the object names git computes.

A ``dir`` identifier is the hash of a whole source tree; anyone with git and the files can compute it
again, without this program.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from oais.walking import walk

_BLOCK = 1 << 20
_Blob = tuple[bytes, bytes]
_Tree = dict[bytes, "_Blob | _Tree"]


def swhid_of_directory(root: Path) -> str:
    """Return ``swh:1:dir:…`` of all regular files below ``root``, without links and empty folders."""
    return swhid_of_tree({entry.path: root / entry.path for entry in walk(root) if entry.is_file})


def swhid_of_tree(files: Mapping[str, Path]) -> str:
    """Return ``swh:1:dir:…`` of a source tree given as relative path → where the bytes lie.

    A file its owner may execute has mode 100755, any other 100644 (ISO/IEC 18670 §5.3, git tree objects).
    """
    tree: _Tree = {}
    for path, source in files.items():
        *folders, name = os.fsencode(path).split(b"/")
        here = tree
        for folder in folders:
            below = here.setdefault(folder, {})
            assert isinstance(below, dict), f"{path!r} is below a file"
            here = below
        here[name] = (_mode(source), _blob_digest(source))
    return f"swh:1:dir:{_tree_digest(tree).hex()}"


def _mode(path: Path) -> bytes:
    return b"100755" if path.stat().st_mode & stat.S_IXUSR else b"100644"


def _blob_digest(path: Path) -> bytes:
    hasher = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as stream:
        hasher.update(b"blob %d\0" % os.fstat(stream.fileno()).st_size)
        while block := stream.read(_BLOCK):
            hasher.update(block)
    return hasher.digest()


def _tree_digest(tree: _Tree) -> bytes:
    lines = []
    for name in sorted(tree, key=lambda name: _sort_key(name, tree[name])):
        item = tree[name]
        mode, digest = (b"40000", _tree_digest(item)) if isinstance(item, dict) else item
        lines.append(b"%s %s\0%s" % (mode, name, digest))
    body = b"".join(lines)
    return hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).digest()


def _sort_key(name: bytes, item: _Blob | _Tree) -> bytes:
    """Git sorts a directory as if its name ended in a slash."""
    return name + b"/" if isinstance(item, dict) else name
