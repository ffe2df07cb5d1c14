"""bagit.txt and bag-info.txt: what a bag declares and says of itself (§2.1.1, §2.2.2)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.disk_faults import require_fault_of_file
from oais.information.identifiers import is_aip_id
from sip.bag.encodings import UTF_8, codec_of, needs_byte_order_mark
from sip.bag.findings import FindingLog
from sip.bag.opening import read_at_most

VERSIONS: Final = frozenset({(0, 93), (0, 94), (0, 95), (0, 96), (0, 97), (1, 0)})
"""The versions of BagIt there are."""

LARGEST_VALUE: Final = 64 << 10
"""Characters of one value of bag-info.txt that the archive takes in."""

_LARGEST_TAG_FILE = 16 << 20
_LARGEST_DECLARATION = 4 << 10
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_VERSION_LINE = re.compile(r"(BagIt-Version): ([0-9]{1,4})\.([0-9]{1,4})", re.IGNORECASE)
_ENCODING_LINE = re.compile(r"(Tag-File-Character-Encoding): (\S+)", re.IGNORECASE)
_OXUM = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})")
_SINGLE = frozenset({"external-identifier", "bag-group-identifier", "submission-agreement"})


@dataclass(frozen=True, slots=True)
class Declaration:
    """What bagit.txt says; where it is unreadable, BagIt 1.0 and UTF-8 are assumed to read on."""

    version: tuple[int, int] = (1, 0)
    encoding: str = "UTF-8"
    codec: str = UTF_8

    @property
    def version_text(self) -> str:
        """The version as it is declared, such as ``0.97``."""
        return f"{self.version[0]}.{self.version[1]}"


def read_declaration(root: Path, log: FindingLog) -> Declaration:
    """Read bagit.txt, strictly: exactly two lines, in order, of a known version and encoding."""
    try:
        data = read_at_most(root / "bagit.txt", _LARGEST_DECLARATION)
    except OSError as error:
        require_fault_of_file(error)
        log.add("BAG-001", "bagit.txt", "bagit.txt is missing or is not a regular file")
        return Declaration()
    if data.startswith(_MARKS):
        log.add("BAG-005", "bagit.txt", "bagit.txt begins with a byte-order mark")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        log.add("BAG-002", "bagit.txt", "bagit.txt is not UTF-8 text")
        return Declaration()
    lines = _lines(text)
    if lines[-1] == "":
        lines.pop()
    if len(lines) != 2:
        log.add("BAG-002", "bagit.txt", f"bagit.txt has {len(lines)} lines; expected exactly two")
    version = _declared_version(lines[0] if lines else "", log)
    encoding, codec = _declared_encoding(lines[1] if len(lines) > 1 else "", log)
    return Declaration(version, encoding, codec)


def _declared_version(line: str, log: FindingLog) -> tuple[int, int]:
    match = _VERSION_LINE.fullmatch(line)
    if match is None or match[1] not in ("BagIt-Version", "BagIt-version"):
        message = f"line 1 of bagit.txt is {line!r}; expected 'BagIt-Version: 1.0'"
        log.add("BAG-002", "bagit.txt", message)
        return (1, 0)
    version = int(match[2]), int(match[3])
    if version not in VERSIONS:
        found = f"BagIt-Version is {match[2]}.{match[3]}"
        log.add("BAG-003", "bagit.txt", f"{found}; expected 1.0, or 0.93 to 0.97")
        return (1, 0)
    if version < (1, 0):
        log.add("BAG-004", "bagit.txt", f"BagIt-Version is {match[2]}.{match[3]}; expected 1.0")
    return version


def _declared_encoding(line: str, log: FindingLog) -> tuple[str, str]:
    match = _ENCODING_LINE.fullmatch(line)
    if match is None or match[1] != "Tag-File-Character-Encoding":
        message = f"line 2 of bagit.txt is {line!r}; expected 'Tag-File-Character-Encoding: UTF-8'"
        log.add("BAG-002", "bagit.txt", message)
        return "UTF-8", UTF_8
    name = match[2]
    codec = codec_of(name)
    if not codec:
        message = f"Tag-File-Character-Encoding is {name!r}; expected UTF-8"
        log.add("BAG-007", "bagit.txt", message)
        return name, UTF_8
    if codec != UTF_8:
        log.add("BAG-006", "bagit.txt", f"Tag-File-Character-Encoding is {name}; expected UTF-8")
    return name, codec


def read_tag_text(root: Path, name: str, codec: str, log: FindingLog) -> str | None:
    """Return the text of a small tag file without byte-order mark; None where it cannot be read."""
    try:
        data = read_at_most(root / name, _LARGEST_TAG_FILE + 1)
    except OSError as error:
        require_fault_of_file(error)
        log.add("BAG-064", name, f"{name}: {error.strerror or error}")
        return None
    if len(data) > _LARGEST_TAG_FILE:
        log.add("BAG-073", name, f"{name} is larger than {_LARGEST_TAG_FILE} bytes")
        return None
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        message = f"{name} is not {codec}: {error.reason} at byte {error.start}"
        log.add("BAG-008", name, message)
        return None
    if text.startswith("\ufeff") and not needs_byte_order_mark(codec):
        code = "BAG-009" if codec == UTF_8 else "BAG-033"
        log.add(code, name, f"{name} begins with a byte-order mark")
    return text.removeprefix("\ufeff")


def read_bag_info(
    root: Path, name: str, declaration: Declaration, log: FindingLog
) -> dict[str, tuple[str, ...]]:
    """Read bag-info.txt: labels as first spelled, in order, each with all its values."""
    text = read_tag_text(root, name, declaration.codec, log)
    if text is None:
        return {}
    lines = _lines(text)
    if lines.pop() != "":
        log.add("BAG-029", name, f"{name}: no line end after the last line")
    pairs = _pairs(lines, name, declaration.version >= (1, 0), log)
    spelling: dict[str, str] = {}
    tags: dict[str, tuple[str, ...]] = {}
    for label, value in pairs:
        spelled = spelling.setdefault(label.casefold(), label)
        tags[spelled] = (*tags.get(spelled, ()), value)
        _check_value(name, label, value, log)
    _check_single(name, tags, log)
    return tags


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _pairs(lines: list[str], name: str, strict: bool, log: FindingLog) -> list[tuple[str, str]]:
    pairs: list[tuple[str, list[str]]] = []
    for number, line in enumerate(lines, 1):
        where = f"line {number} of {name}"
        if line[:1] in (" ", "\t") and line.strip(" \t"):
            if pairs:
                pairs[-1][1].append(line.strip(" \t"))
            else:
                log.add("BAG-071", name, f"{where} continues a value, but none has begun")
        elif ":" in line:
            label, _, value = line.partition(":")
            _check_spacing(where, label, value, strict, name, log)
            pairs.append((label.strip(" \t"), [value.strip(" \t")]))
        elif line.strip(" \t"):
            log.add("BAG-071", name, f"{where} is {line!r}; expected 'Label: value'")
        else:
            log.add("BAG-072", name, f"{where} is blank; expected 'Label: value'")
    return [(label, "\n".join(values)) for label, values in pairs]


def _check_spacing(where: str, label: str, value: str, strict: bool, name: str, log: FindingLog) -> None:
    """White space around label and colon: free before BagIt 1.0, one after the colon since (§2.2.2)."""
    if not label.strip(" \t"):
        log.add("BAG-071", name, f"{where} has no label before the colon")
    elif not strict:
        return
    elif label != label.strip(" \t"):
        log.add("BAG-071", name, f"{where}: the label {label!r} begins or ends with white space")
    elif value and value[0] not in " \t":
        log.add("BAG-071", name, f"{where}: no white space after the colon of {label!r}")
    elif value[1:2] in (" ", "\t"):
        log.add("BAG-072", name, f"{where}: more than one white space after {label!r}")


def _check_value(name: str, label: str, value: str, log: FindingLog) -> None:
    if len(value) > LARGEST_VALUE:
        log.add("BAG-073", name, f"{label} has {len(value)} characters; at most {LARGEST_VALUE}")
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in label + value):
        log.add("BAG-074", name, f"{label} has control characters; expected plain text")
    if label.casefold() == "external-identifier" and not is_aip_id(value):
        expected = "expected 1 to 120 ASCII letters, digits and . _ : + = -"
        log.add("BAG-080", name, f"External-Identifier is {value!r}; {expected}")


def _check_single(name: str, tags: dict[str, tuple[str, ...]], log: FindingLog) -> None:
    for label, values in tags.items():
        if label.casefold() in _SINGLE and len(values) > 1:
            log.add("BAG-075", name, f"{label} stands {len(values)} times; expected once")


def check_oxum(values: tuple[str, ...], found: tuple[int, int], log: FindingLog) -> None:
    """Compare Payload-Oxum with the payload's (bytes, files)."""
    if not values:
        log.add("BAG-076", "bag-info.txt", f"no Payload-Oxum; it would be {found[0]}.{found[1]}")
    if len(values) > 1:
        log.add("BAG-077", "bag-info.txt", f"Payload-Oxum stands {len(values)} times; expected once")
    for value in values:
        match = _OXUM.fullmatch(value)
        if match is None:
            log.add("BAG-078", "bag-info.txt", f"Payload-Oxum is {value!r}; expected bytes.files")
        elif (int(match[1]), int(match[2])) != found:
            message = f"Payload-Oxum is {value}, the payload has {found[0]}.{found[1]}"
            log.add("BAG-079", "bag-info.txt", message)
