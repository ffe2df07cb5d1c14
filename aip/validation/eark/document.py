"""One METS document as the requirements look at it: elements, identifiers, groups, files around it."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree

from aip.mets import CSIP, NAMESPACE, XLINK
from oais.information.xml import Element

NAMESPACES = {"mets": NAMESPACE, "csip": CSIP, "xlink": XLINK}
METS = "METS.xml"


@dataclass(frozen=True, slots=True)
class MetsView:
    """A METS document by its path in the package.

    ``files`` are all files of the package by their paths, or None where what METS points to is not judged
    here; ``ids`` counts every ID; ``uses`` gives the USE of each file group by its ID.
    """

    logical: str
    root: Element
    ids: Counter[str]
    uses: Mapping[str, str]
    files: Mapping[str, Path] | None

    @property
    def is_package(self) -> bool:
        """Whether this is the METS of the package, and not of one of its representations."""
        return self.logical == METS

    @property
    def is_aip(self) -> bool:
        """Whether the document says it follows the E-ARK profile of AIPs."""
        return "E-ARK-AIP" in (self.root.get("PROFILE") or "")

    def target_of(self, element: Element) -> str:
        """Return the path in the package that an ``xlink:href`` means; empty when it leaves the package."""
        href = unquote(attribute_of(element, "xlink:href"), errors="surrogateescape")
        href = href.removeprefix("file:").removeprefix("///") if href.startswith("file:") else href
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.logical), href))
        return "" if href.startswith("/") or path.startswith("../") else path


def view_mets(logical: str, root: Element, files: Mapping[str, Path] | None) -> MetsView:
    """Return the view of a parsed document."""
    ids = Counter(str(value) for value in select("//@ID")(root))
    groups = select("mets:fileSec//mets:fileGrp")(root)
    uses = {group.get("ID") or "": group.get("USE") or "" for group in groups}
    return MetsView(logical, root, ids, uses, files)


@cache
def select(path: str) -> Any:
    """Return an XPath expression that is compiled once; prefixes: mets, csip, xlink."""
    return etree.XPath(path, namespaces=NAMESPACES)


def attribute_of(element: Element, name: str) -> str:
    """Return an attribute, its name with or without prefix, without white space around it."""
    prefix, _, local = name.rpartition(":")
    key = f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local
    return (element.get(key) or "").strip()


def name_of(element: Element) -> str:
    """Return an element as a message calls it: its name, and its ID where it has one."""
    identifier = element.get("ID")
    return f"{etree.QName(element).localname}{f' {identifier}' if identifier else ''}"
