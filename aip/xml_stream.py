"""Reads large XML of a stored package element by element, with memory flat and nothing switched on.

The whole-document door is ``oais.information.xml``; this one is for METS and PREMIS of packages with
thousands of files, under the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from lxml import etree

from oais.information.xml import XmlRefusedError

Element = etree._Element  # noqa: SLF001 - the only name lxml gives
_LARGEST = 1 << 30
_DEEPEST = 64


def iter_elements(path: Path, tags: Collection[str]) -> Iterator[Element]:
    """Yield each complete element of one of the ``tags``, and drop it once the next is asked for.

    Raises:
        XmlRefusedError: not well-formed, a DOCTYPE, or a limit passed.
        OSError: the file cannot be read.
    """
    if path.stat().st_size > _LARGEST:
        raise XmlRefusedError("XML-005", f"the document has more than {_LARGEST} bytes")
    depth = 0
    context = etree.iterparse(
        str(path),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    try:
        for event, element in context:
            depth += 1 if event == "start" else -1
            if event == "start":
                _admit(element, depth)
            elif element.tag in tags:
                yield element
                _drop(element)
    except etree.XMLSyntaxError as error:
        raise XmlRefusedError("XML-001", f"the document is not well-formed XML: {error}") from error


def root_attributes(path: Path) -> dict[str, str]:
    """Return the attributes of the document's root element; raises as ``iter_elements`` does."""
    try:
        context = etree.iterparse(
            str(path), events=("start",), resolve_entities=False, load_dtd=False, no_network=True
        )
        for _, element in context:
            _admit(element, 1)
            return {str(key): str(value) for key, value in element.attrib.items()}
    except etree.XMLSyntaxError as error:
        raise XmlRefusedError("XML-001", f"the document is not well-formed XML: {error}") from error
    return {}


def _admit(element: Element, depth: int) -> None:
    if depth == 1 and element.getroottree().docinfo.internalDTD is not None:
        raise XmlRefusedError("XML-002", "the document has a DOCTYPE, none is allowed")
    if depth > _DEEPEST:
        raise XmlRefusedError("XML-005", f"the document has elements nested deeper than {_DEEPEST}")


def _drop(element: Element) -> None:
    """Free the element and its elder siblings, which the parser would keep to the end."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
