"""Writes an XML document piece by piece: memory stays flat, and each namespace is declared once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from xml.sax.saxutils import quoteattr  # escapes for writing; nothing is parsed here

from lxml import etree

from aip.xml_stream import Element


class XmlWriter:
    """Writes elements of the namespaces in ``nsmap`` (prefix → name) one after the other to ``out``."""

    def __init__(self, out: BinaryIO, nsmap: Mapping[str, str]) -> None:
        self._out = out
        self._nsmap = dict(nsmap)
        self._open = 0
        self._declarations = b""

    def new(self, tag: str, attributes: Mapping[str, str] | None = None) -> Element:
        """Return a new element to be filled and then given to ``add``."""
        return etree.Element(tag, dict(attributes or {}), nsmap=self._nsmap)

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str]) -> Iterator[None]:
        """Write the start tag of ``prefix:name`` now and its end tag when the block ends."""
        declared = dict(attributes)
        if self._open == 0:
            self._out.write(b"<?xml version='1.0' encoding='UTF-8'?>\n")
            names = {f"xmlns:{prefix}": name for prefix, name in self._nsmap.items()}
            declared = {**names, **declared}
            self._declarations = _declarations(self._nsmap)
        written = "".join(f" {key}={quoteattr(value)}" for key, value in declared.items())
        self._out.write(f"<{name}{written}>\n".encode())
        self._open += 1
        yield
        self._open -= 1
        self._out.write(f"</{name}>\n".encode())

    def add(self, element: Element) -> None:
        """Write a whole element."""
        data = etree.tostring(element, encoding="UTF-8", xml_declaration=False, pretty_print=True)
        self._out.write(data.replace(self._declarations, b"", 1))


def _declarations(nsmap: Mapping[str, str]) -> bytes:
    """Return the declarations as lxml writes them on an element of its own."""
    empty = etree.tostring(etree.Element("x", nsmap=dict(nsmap)), encoding="UTF-8")
    return empty.split(b"<x", 1)[1].removesuffix(b"/>")
