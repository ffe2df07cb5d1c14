"""METS and PREMIS against their XML schemas, which lie on disk: nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from aip.history import PREMIS
from aip.mets import CSIP, NAMESPACE
from aip.validation.mets_layer import METS
from aip.validation.view import PackageView
from oais.information.findings import Finding, finding
from oais.information.xml import Element, XmlRefusedError, parse_xml

_MOST_FAULTS = 5
_METS_WITH_CSIP = f"""\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{NAMESPACE}" schemaLocation="mets.xsd"/>
<xs:import namespace="{CSIP}" schemaLocation="DILCISExtensionMETS.xsd"/>
</xs:schema>"""


class _LocalResolver(etree.Resolver):
    """Answers every address with the file of the same name in one folder, and with nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(  # type: ignore[override]  # lxml gives three arguments, its stubs know two
        self,
        system_url: str,
        public_id: str,  # noqa: ARG002
        context: Any,
    ) -> Any:
        name = system_url.rpartition("/")[2]
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            data = b"<nothing/>"
        return self.resolve_string(data, context, base_url=name)


@cache
def mets_schema() -> etree.XMLSchema:
    """Return the schema of METS with the E-ARK extension, read once."""
    with resources.as_file(resources.files("aip").joinpath("schemas")) as folder:
        return etree.XMLSchema(etree.fromstring(_METS_WITH_CSIP, _parser(folder)))


@cache
def premis_schema(path: Path) -> etree.XMLSchema:
    """Return the schema of PREMIS 3 from a file; raises OSError or lxml's errors when it is none."""
    return etree.XMLSchema(etree.fromstring(path.read_bytes(), _parser(path.parent)))


def _parser(folder: Path) -> etree.XMLParser:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    parser.resolvers.add(_LocalResolver(folder))
    return parser


def check_schemas(view: PackageView, premis_xsd: Path | None = None) -> Iterator[Finding]:
    """Yield where METS, and PREMIS when its schema is given, are not valid by their schemas."""
    yield from _check_all(view, METS, "AIP-107", mets_schema())
    if premis_xsd is not None:
        yield from _check_all(view, PREMIS, "AIP-118", premis_schema(premis_xsd))


def _check_all(view: PackageView, name: str, code: str, schema: etree.XMLSchema) -> Iterator[Finding]:
    for logical in view.documents(name):
        file = view.files[logical]
        try:
            root = parse_xml(file.disk)
        except (XmlRefusedError, OSError):
            continue  # told by the layer itself
        yield from _faults(code, file.content, root, schema)


def schema_faults(code: str, where: str, root: Element) -> Iterator[Finding]:
    """Yield, under ``code``, where a parsed METS document is not valid by its schema."""
    yield from _faults(code, where, root, mets_schema())


def _faults(code: str, where: str, root: Element, schema: etree.XMLSchema) -> Iterator[Finding]:
    if not schema.validate(root):
        faults: Any = schema.error_log
        for fault in islice(faults, _MOST_FAULTS):
            yield finding(code, where, f"line {fault.line}: {fault.message}")
