"""``statements.jsonl``: what each entry of the ledger stands for, with the salt that hides it. Private.

It is written before the tiles. Lines beyond the signed size were left by a crash and give way to new ones.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.confirming import confirm
from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.files import open_regular, sync_directory, write_all
from oais.information.ledger.notes import decoded
from oais.information.ledger.statements import SALT_BYTES, Statement, entry_of, parse_statement

STATEMENTS: Final = "statements.jsonl"
_PLACE: Final = re.compile(rb'\{"index": ([0-9]{1,18}), "size": ([0-9]{1,18}), ')
_SUBJECT: Final = re.compile(rb"\\nkind ([a-z-]+)\\nsubject ([!-~]+?)\\nsha512 ([0-9a-f]{128})\\n")
_REMEDY: Final = f"restore ledger/{STATEMENTS} from a copy"


@dataclass(frozen=True, slots=True)
class Opened:
    """One line: the place of an entry, the size of the tree it was signed with first, salt and statement."""

    index: int
    size: int
    salt: bytes
    statement: Statement

    @property
    def entry(self) -> bytes:
        """The entry that stands in the ledger."""
        return entry_of(self.salt, self.statement.as_bytes())

    def as_line(self) -> bytes:
        """Return the line."""
        plain = {
            "index": self.index,
            "size": self.size,
            "salt": b64encode(self.salt).decode(),
            "statement": self.statement.as_bytes().decode(),
        }
        return json.dumps(plain).encode() + b"\n"


def parse_line(line: bytes) -> Opened:
    """Read a line; raises ValueError when it is not written as ``as_line`` does."""
    try:
        plain = json.loads(line)
        opened = Opened(
            int(plain["index"]),
            int(plain["size"]),
            decoded(plain["salt"], SALT_BYTES),
            parse_statement(plain["statement"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("it is no line of the ledger") from error
    if opened.as_line() != line:
        raise ValueError("it is not written as a line of the ledger is")
    return opened


def append_lines(root: Path, size: int, lines: Iterable[Opened]) -> None:
    """Put lines behind the first ``size``, durably.

    Raises DamageError when there are not so many, StorageError when the disk refuses.
    """
    path = root / STATEMENTS
    with storage_errors(f"writing ledger/{STATEMENTS}"):
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, _end_of(descriptor, size))
            write_all(descriptor, b"".join(line.as_line() for line in lines))
            confirm(descriptor, path)
        finally:
            os.close(descriptor)
        if new:
            sync_directory(root)


def _end_of(descriptor: int, size: int) -> int:
    """Return the byte behind the line of the entry before ``size``, looked for from the end.

    What a crash leaves beyond it is of one append, which was to sign one size; if it is of more, it was
    signed once and the checkpoint is an old one.
    """
    length = os.fstat(descriptor).st_size
    if not length and not size:
        return 0
    if length:
        with mmap.mmap(descriptor, length, access=mmap.ACCESS_READ) as text:
            end, beyond = text.rfind(b"\n") + 1, set()
            while end:
                start = text.rfind(b"\n", 0, end - 1) + 1
                match = _PLACE.match(text[start : min(end, start + 64)])
                if match is None or int(match[1]) < size:
                    break
                beyond.add(match[2])
                end = start
            if len(beyond) > 1:
                raise DamageError(
                    f"ledger/{STATEMENTS} goes on where the checkpoint ends, at {size} entries: an old one?",
                    remedy="restore the newest ledger/checkpoint from a copy",
                )
            if (end == 0 and size == 0) or (end and match and int(match[1]) == size - 1):
                return end
    raise DamageError(
        f"ledger/{STATEMENTS} does not reach entry {size - 1}, which was signed", remedy=_REMEDY
    )


@contextmanager
def _text_of(root: Path) -> Iterator[bytes | mmap.mmap]:
    """Give the whole file without reading it: the system brings the pages that are looked at."""
    with storage_errors(f"reading ledger/{STATEMENTS}"):
        try:
            descriptor = open_regular(root / STATEMENTS)
        except FileNotFoundError:
            yield b""
            return
        try:
            if not os.fstat(descriptor).st_size:
                yield b""
                return
            with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as text:
                yield text
        finally:
            os.close(descriptor)


def find_line(root: Path, kind: str, subject: str) -> Opened | None:
    """Return the newest line about a subject, None when there is none; raises DamageError, StorageError."""
    wanted = json.dumps(f"\nkind {kind}\nsubject {subject}\n")[1:-1].encode()
    with _text_of(root) as text:
        place = text.rfind(wanted)
        if place < 0:
            return None
        end = text.find(b"\n", place)
        line = bytes(text[text.rfind(b"\n", 0, place) + 1 : end + 1 if end >= 0 else len(text)])
    try:
        return parse_line(line)
    except ValueError as error:
        raise DamageError(f"the line of {subject} in ledger/{STATEMENTS}: {error}", remedy=_REMEDY) from error


def subjects(root: Path, size: int) -> dict[tuple[str, str], str]:
    """Return the sha512 of everything the first ``size`` lines speak of, by kind and subject."""
    with _text_of(root) as text:
        end = 0
        for _ in range(size):
            if (end := text.find(b"\n", end) + 1) == 0:
                break
        found = {}
        for match in _SUBJECT.finditer(text, 0, end):
            found[match[1].decode(), match[2].decode()] = match[3].decode()
        return found


def places(root: Path, size: int) -> dict[tuple[str, str], int]:
    """Return at which entry each thing stands, by kind and subject; of several about it the last counts."""
    found = {}
    for line in each_line(root):
        place, match = _PLACE.match(line), _SUBJECT.search(line)
        if place and match and int(place[1]) < size:
            found[match[1].decode(), match[2].decode()] = int(place[1])
    return found


def each_line(root: Path) -> Iterator[bytes]:
    """Yield every line as it stands there; raises StorageError."""
    with storage_errors(f"reading ledger/{STATEMENTS}"):
        try:
            descriptor = open_regular(root / STATEMENTS)
        except FileNotFoundError:
            return
        with open(descriptor, "rb") as lines:
            yield from lines


def lines_from(root: Path, place: int) -> Iterator[tuple[int, Opened | None]]:
    """Yield the lines from a byte on, each with the byte behind it, None for one that cannot be read.

    What a crash left without its end is not yet a line. Raises StorageError.
    """
    with storage_errors(f"reading ledger/{STATEMENTS}"):
        try:
            descriptor = open_regular(root / STATEMENTS)
        except FileNotFoundError:
            return
        with open(descriptor, "rb") as lines:
            lines.seek(place)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                place += len(line)
                try:
                    yield place, parse_line(line)
                except ValueError:
                    yield place, None


def newest(root: Path) -> Opened | None:
    """Return the last line that can be read, None without one; raises StorageError."""
    with _text_of(root) as text:
        end = text.rfind(b"\n") + 1
        line = bytes(text[text.rfind(b"\n", 0, max(end - 1, 0)) + 1 : end])
    try:
        return parse_line(line)
    except ValueError:
        return None
