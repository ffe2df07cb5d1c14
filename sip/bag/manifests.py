"""Manifests and tag manifests: a digest and a path a line (§2.1.3, §2.2.1), read as a stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from oais.information.fixity import DIGEST_LENGTHS
from sip.bag.encodings import UTF_8, keeps_ascii, needs_byte_order_mark
from sip.bag.findings import FindingLog
from sip.bag.opening import read_at_most, read_lines
from sip.bag.paths import PLAIN, is_plain, percent_decoded, resolved, why_it_escapes

LARGEST_MANIFEST: Final = 256 << 20
"""Bytes of one manifest."""

MOST_LINES: Final = 5_000_000
"""Lines of one manifest."""

LONGEST_LINE: Final = 4 << 10
"""Bytes of one line of a manifest that the archive takes in."""

LONGEST_LINE_OF_STANDARD: Final = 1 << 20
"""Bytes of one line of any manifest; the standard knows no limit, memory does."""

_LARGEST_WIDE = 64 << 20
_QUICK = rf" {{1,2}}({PLAIN}(?:/{PLAIN})+)"
_LINE = re.compile(r"([^ \t]+)[ \t]+(.+)", re.DOTALL)
_BARE_PERCENT = re.compile(r"%(?!0[AaDd]|25)")
_HEX = re.compile(r"[0-9A-Fa-f]+")

ALGORITHMS: Final = {re.sub("[^a-z0-9]", "", name): name for name in DIGEST_LENGTHS if name != "blake2b-160"}
"""The algorithms that can be verified, by the name that stands in a manifest's file name (§2.4)."""


class DigestTable(Mapping[str, str]):
    """Digests by path; each is held in half the space and shown in lower-case hexadecimal."""

    def __init__(self, held: dict[str, bytes]) -> None:
        self._held = held

    def __getitem__(self, path: str) -> str:
        return self._held[path].hex()

    def __contains__(self, path: object) -> bool:
        return path in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


@dataclass(slots=True)
class Manifest:
    """One manifest as it is being read.

    ``on_disk`` are the files there are, whose names are judged where they lie; ``spelled`` keeps how a
    path with percent signs stood in the file, by its decoded path.
    """

    name: str
    algorithm: str
    is_tag_manifest: bool
    version: tuple[int, int]
    on_disk: Container[str] = ()
    entries: dict[str, bytes] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    quirks: set[str] = field(default_factory=set)
    lines: int = 0


def read_manifest(path: Path, manifest: Manifest, codec: str, log: FindingLog) -> None:
    """Fill ``manifest`` from its file; what is wrong with a line never stops the next one."""
    longest = LONGEST_LINE if log.intake else LONGEST_LINE_OF_STANDARD
    if path.stat(follow_symlinks=False).st_size > LARGEST_MANIFEST:
        log.add("BAG-031", manifest.name, f"{manifest.name}: more than {LARGEST_MANIFEST} bytes")
        return
    unended = False
    for block in _blocks(path, codec, longest, manifest, log):
        _read_block(block, manifest, codec, log)
        unended = bool(block and block[-1])
        if manifest.lines > MOST_LINES:
            log.add("BAG-031", manifest.name, f"{manifest.name}: more than {MOST_LINES} lines")
            return
    if unended:
        log.add("BAG-029", manifest.name, f"{manifest.name}: no line end after the last line")


def _blocks(
    path: Path, codec: str, longest: int, manifest: Manifest, log: FindingLog
) -> Iterable[list[bytes]]:
    if not keeps_ascii(codec):
        yield _wide_lines(path, codec, manifest, log)
        return
    for block in read_lines(path, longest):
        if block and len(block[-1]) > longest:
            message = f"{manifest.name}: a line is longer than {longest} bytes; reading ended there"
            log.add("BAG-030", manifest.name, message)
            block.pop()
        yield block


def _wide_lines(path: Path, codec: str, manifest: Manifest, log: FindingLog) -> list[bytes]:
    """Lines of an encoding whose line ends are not single bytes, decoded as a whole."""
    try:
        text = read_at_most(path, _LARGEST_WIDE).decode(codec)
    except UnicodeDecodeError as error:
        log.add("BAG-008", manifest.name, f"{manifest.name}: not {codec}: {error.reason}")
        return []
    if text.startswith("\ufeff") and not needs_byte_order_mark(codec):
        log.add("BAG-033", manifest.name, f"{manifest.name} begins with a byte-order mark")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return [line.encode(UTF_8) for line in text.split("\n")]


def _read_block(block: list[bytes], manifest: Manifest, codec: str, log: FindingLog) -> None:
    digits = DIGEST_LENGTHS[manifest.algorithm]
    quick = re.compile(rf"([0-9a-f]{{{digits}}}){_QUICK}".encode()).fullmatch
    text_codec = codec if keeps_ascii(codec) else UTF_8
    entries = manifest.entries
    for number, line in enumerate(block, manifest.lines + 1):
        match = quick(line)
        if match is not None and _takes(manifest, path := match[2].decode("ascii")):
            entries[path] = bytes.fromhex(match[1].decode("ascii"))
        elif line:
            _read_odd_line(line, number, manifest, text_codec, log)
        elif number < manifest.lines + len(block):  # after the last line end comes nothing
            _once(manifest, "BAG-027", log, f"line {number} is blank")
    manifest.lines += len(block)


def _takes(manifest: Manifest, path: str) -> bool:
    """Whether a quickly read path is new and where it belongs."""
    if path in manifest.entries:
        return False
    if path.startswith("data/") is manifest.is_tag_manifest:
        return False
    return path in manifest.on_disk or is_plain(path)


def _read_odd_line(line: bytes, number: int, manifest: Manifest, codec: str, log: FindingLog) -> None:
    where = f"line {number} of {manifest.name}"
    try:
        text = line.decode(codec)
    except UnicodeDecodeError as error:
        log.add("BAG-008", manifest.name, f"{where} is not {codec}: {error.reason}")
        return
    if number == 1 and text.startswith("\ufeff"):
        log.add("BAG-009", manifest.name, f"{manifest.name} begins with a byte-order mark")
        text = text[1:]
    if not text.strip(" \t"):
        _once(manifest, "BAG-027", log, f"line {number} is blank")
        return
    escaped = text.startswith("\\")
    match = _LINE.fullmatch(text[1:] if escaped else text)
    if match is None:
        log.add("BAG-021", manifest.name, f"{where} is {text!r}; expected a digest and a path")
        return
    digest, listed = match[1], match[2]
    if escaped:
        _once(manifest, "BAG-028", log, f"line {number} begins with a backslash")
        listed = _md5sum_unescaped(listed)
    if listed.startswith("*"):
        _once(manifest, "BAG-026", log, f"line {number} marks its path with '*'")
        listed = listed[1:]
    _take_entry(digest, listed, where, manifest, log)


def _once(manifest: Manifest, code: str, log: FindingLog, message: str) -> None:
    """Report a quirk of the whole file once, at its first line."""
    if code not in manifest.quirks:
        manifest.quirks.add(code)
        log.add(code, manifest.name, f"{manifest.name}: {message}")


def _md5sum_unescaped(name: str) -> str:
    return re.sub(r"\\([\\nr])", lambda m: {"n": "\n", "r": "\r", "\\": "\\"}[m[1]], name)


def _take_entry(digest: str, listed: str, where: str, manifest: Manifest, log: FindingLog) -> None:
    path = percent_decoded(listed, with_percent=manifest.version >= (1, 0))
    digits = DIGEST_LENGTHS[manifest.algorithm]
    known = len(digest) == digits and _HEX.fullmatch(digest) is not None
    if not known:
        found = f"{where} gives {path} the {manifest.algorithm} {digest!r}"
        log.add("BAG-022", path, f"{found}; expected {digits} hexadecimal digits")
    if not _path_belongs(path, where, manifest, log):
        return
    plain = resolved(path)
    if plain != path:
        log.add("BAG-042", path, f"{where} lists {path}; expected {plain}")
    if not is_plain(plain):
        manifest.odd.add(plain)
    if "%" in listed:
        manifest.spelled[plain] = listed
        if manifest.version >= (1, 0) and _BARE_PERCENT.search(listed):
            log.add("BAG-050", path, f"{where} lists {listed}, with a bare '%'")
    # a listed file stays listed when its digest cannot be read: no digest then matches it
    _add_entry(plain, bytes.fromhex(digest) if known else b"", where, manifest, log)


def _path_belongs(path: str, where: str, manifest: Manifest, log: FindingLog) -> bool:
    reason = why_it_escapes(path)
    if reason:
        log.add("BAG-040", path, f"{where} lists {path}, which leaves the bag: {reason}")
        return False
    in_payload = resolved(path).startswith("data/")
    if not in_payload and not manifest.is_tag_manifest:
        log.add("BAG-041", path, f"{where} lists {path}; expected a path below data/")
        return False
    if in_payload and manifest.is_tag_manifest:
        log.add("BAG-095", path, f"{where} lists {path}; expected tag files only")
        return False
    return True


def _add_entry(path: str, digest: bytes, where: str, manifest: Manifest, log: FindingLog) -> None:
    if path not in manifest.entries:
        manifest.entries[path] = digest
    elif manifest.entries[path] != digest:
        log.add("BAG-025", path, f"{where} lists {path} again with another digest")
    else:
        code = "BAG-023" if manifest.version >= (1, 0) else "BAG-024"
        log.add(code, path, f"{where} lists {path} again")


def manifest_files(names: Iterable[str], prefix: str) -> list[tuple[str, str]]:
    """Return name and algorithm part of the files called ``<prefix>-<algorithm>.txt``."""
    pattern: Callable[[str], re.Match[str] | None] = re.compile(
        rf"{prefix}-([^/]+)\.txt", re.IGNORECASE
    ).fullmatch
    return [(name, match[1]) for name in names if (match := pattern(name))]
