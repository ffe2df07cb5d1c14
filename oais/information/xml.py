"""XML from strangers, read with nothing switched on: no DTD, no entity, no network, and hard limits.

The only door through which XML of a provider (or of a stored package) is parsed. What is refused is
told as a documented finding code; nothing is repaired and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lxml import etree

from oais.information.findings import Finding, finding

Element: TypeAlias = etree._Element  # noqa: SLF001 - the only name lxml gives its elements
"""An XML element, for the annotations of those who read what this door lets in."""

XINCLUDE = "http://www.w3.org/2001/XInclude"
_CHUNK = 1 << 16
_DECLARATION = re.compile(rb"\A<\?xml\s([^>]{0,400}?)\?>")
_VERSION = re.compile(rb"version\s*=\s*[\"']([^\"']*)[\"']")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_C1_CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """How large a document may be: bytes, nesting, attributes of one element, elements, namespaces."""

    size: int = 50 << 20
    depth: int = 64
    attributes: int = 10_000
    elements: int = 400_000
    namespaces: int = 256


DEFAULT_LIMITS = XmlLimits()


class XmlRefusedError(Exception):
    """A document that is not read; ``code`` is the finding code, ``message`` says what was met."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def as_finding(self, path: str) -> Finding:
        """Return the fault as the finding of the file at ``path``."""
        return finding(self.code, path, self.message)


def parse_xml(source: bytes | Path, limits: XmlLimits = DEFAULT_LIMITS) -> Element:
    """Parse UTF-8 XML 1.0 and return its root element.

    Raises:
        XmlRefusedError: a DOCTYPE, a stylesheet instruction, XInclude, another encoding or version,
            a limit passed, or a document that is not well-formed (XML 1.0 §2.1).
        OSError: the file cannot be read.
    """
    data = source if isinstance(source, bytes) else _read(source, limits.size)
    if len(data) > limits.size:
        raise XmlRefusedError("XML-005", f"the document has more than {limits.size} bytes")
    data = data.removeprefix(_BYTE_ORDER_MARK)
    _check_characters(data)
    guard = _Guard(limits)
    parser = _closed_parser()
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
            guard.watch(parser.read_events())
        root = parser.close()
        guard.watch(parser.read_events())
    except etree.XMLSyntaxError as error:
        raise _syntax_fault(error) from error
    return root


def _read(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size + 1)


def _closed_parser() -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=("start", "end", "start-ns", "pi"),
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
    )


def _syntax_fault(error: etree.XMLSyntaxError) -> XmlRefusedError:
    message = str(error)
    if "Maximum entity" in message:
        return XmlRefusedError("XML-002", f"the document has a DOCTYPE, none is allowed: {message}")
    code = "XML-005" if "xcessive depth" in message or "too long" in message else "XML-001"
    return XmlRefusedError(code, f"the document is not well-formed XML: {message}")


def _check_characters(data: bytes) -> None:
    """Refuse what is not UTF-8 XML 1.0 before any parser sees it."""
    if data.startswith(_BYTE_ORDER_MARK):
        raise XmlRefusedError("XML-004", "the document begins with two byte order marks")
    declaration = _DECLARATION.match(data)
    if declaration:
        version = _VERSION.search(declaration[1])
        encoding = _ENCODING.search(declaration[1])
        if version and version[1] != b"1.0":
            found = version[1].decode("latin-1")
            raise XmlRefusedError("XML-004", f"the XML version is {found}, expected 1.0")
        if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii"):
            found = encoding[1].decode("latin-1")
            raise XmlRefusedError("XML-004", f"the encoding is {found}, expected UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlRefusedError("XML-004", f"byte {error.start} is not UTF-8: {error.reason}") from error
    control = _C1_CONTROLS.search(text)
    if control:
        found = f"U+{ord(control[0]):04X} at character {control.start()}"
        raise XmlRefusedError("XML-004", f"the document holds the control character {found}")


class _Guard:
    """Counts what the parser meets and stops at the first thing that is not allowed."""

    def __init__(self, limits: XmlLimits) -> None:
        self._limits = limits
        self._depth = 0
        self._elements = 0
        self._namespaces: set[tuple[str, str]] = set()

    def watch(self, events: Iterator[tuple[str, object]]) -> None:
        for event, met in events:
            if event == "end":
                self._depth -= 1
            elif event == "start":
                assert isinstance(met, Element)
                self._enter(met)
            elif event == "start-ns":
                assert isinstance(met, tuple)
                self._declare(met)
            else:
                self._instruct(met)

    def _enter(self, element: Element) -> None:
        if self._elements == 0 and element.getroottree().docinfo.internalDTD is not None:
            raise XmlRefusedError("XML-002", "the document has a DOCTYPE, none is allowed")
        self._depth += 1
        self._elements += 1
        line = element.sourceline
        if self._depth > self._limits.depth:
            self._too_much(f"elements nested deeper than {self._limits.depth} at line {line}")
        if self._elements > self._limits.elements:
            self._too_much(f"more than {self._limits.elements} elements")
        if len(element.attrib) > self._limits.attributes:
            found = f"{len(element.attrib)} attributes at line {line}"
            self._too_much(f"an element with {found}, at most {self._limits.attributes}")

    def _declare(self, declared: tuple[str, str]) -> None:
        self._namespaces.add(declared)
        if declared[1] == XINCLUDE:
            raise XmlRefusedError("XML-003", "the document declares XInclude, nothing is included")
        if len(self._namespaces) > self._limits.namespaces:
            self._too_much(f"more than {self._limits.namespaces} namespaces")

    def _instruct(self, instruction: object) -> None:
        if getattr(instruction, "target", "") == "xml-stylesheet":
            raise XmlRefusedError("XML-003", "the document has an xml-stylesheet instruction")

    def _too_much(self, what: str) -> None:
        raise XmlRefusedError("XML-005", f"the document has {what}")
