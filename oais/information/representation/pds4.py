"""PDS4 labels (and other XML): the elements of a label by dotted name.

``Identification_Area.logical_identifier`` is the name of an element below the root; of elements that
repeat, the texts are joined by newlines. Attributes are ``element.@name``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oais.information.findings import finding
from oais.information.representation.contents import LONGEST_VALUE, MOST_ENTRIES, Contents
from oais.information.xml import Element, XmlRefusedError, parse_xml

_IDENTIFIER = "Identification_Area.logical_identifier"


def read_label(source: Path | bytes, path: str, *, pds4: bool) -> Contents:
    """Read an XML document; ``pds4`` asks for the identification that each label has."""
    try:
        root = parse_xml(source)
    except XmlRefusedError as error:
        return Contents(findings=(error.as_finding(path),))
    findings = []
    values: dict[str, str] = {}
    for name, text in _entries(root):
        if len(values) >= MOST_ENTRIES:
            findings.append(finding("FMT-009", path, f"only {MOST_ENTRIES} elements are listed"))
            break
        joined = f"{values[name]}\n{text}" if name in values else text
        values[name] = joined[:LONGEST_VALUE]
    if pds4 and not values.get(_IDENTIFIER):
        findings.append(finding("FMT-006", path, f"the label has no {_IDENTIFIER}"))
    name = _local(str(root.tag))
    unit = {"unit": 0, "name": values.get(_IDENTIFIER, name), "kind": name, "elements": len(values)}
    return Contents((values,), (unit,), tuple(findings))


def _entries(root: Element) -> Iterator[tuple[str, str]]:
    """Yield dotted name and text of every element below the root that has text or attributes."""
    waiting: list[tuple[Element, str]] = [(root, "")]
    while waiting:
        element, name = waiting.pop()
        for attribute, value in element.attrib.items():
            if not str(attribute).startswith("{"):
                yield f"{name}.@{attribute!s}".lstrip("."), str(value)
        text = (element.text or "").strip()
        if text and name:
            yield name, text
        waiting.extend(
            (child, f"{name}.{_local(str(child.tag))}".lstrip("."))
            for child in reversed(element)
            if not callable(child.tag)  # comments and instructions have a function there
        )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
