"""What every package carries besides its content: the schemas of its metadata and a text for strangers."""

from __future__ import annotations

from functools import cache
from importlib import resources

from oais.information.fixity import FileFixity, hash_bytes

ABOUT = "documentation/about-this-package.txt"
SCHEMAS = ("mets.xsd", "xlink.xsd", "DILCISExtensionMETS.xsd", "LICENCES.txt")

_TEXT = """\
This folder is one version of an archival information package (AIP).
Identifier: {aip_id}

What is where
  METS.xml                               all files with size and sha512 (METS 1.12, E-ARK CSIP 2.2)
  metadata/descriptive/datacite.xml      title, creators, publisher, year (DataCite)
  metadata/descriptive/description.json  everything the archive knows about the package and each product
  metadata/preservation/premis.xml       what was done with the package, when and by whom (PREMIS 3)
  metadata/other/report.json             what the checks found when the delivery came
  metadata/other/blake3.txt              fast digests of what this version stores, for b3sum -c
  metadata/other/sip/                    the provider's own tag files and manifests, byte for byte
  representations/original/data/         the products as they were delivered, byte for byte
  representations/migrated/data/         what the archive made of products in other formats, without loss
  representations/software/data/         the source of the software that made them, when it was delivered
  documentation/                         specifications and guides that explain the products
  schemas/                               the XML schemas of METS

The package lies in an OCFL 1.1 object, whose inventory.json says which file belongs to which version:
a version stores only what changed. The digests of METS, PREMIS, the inventory and the provider's
manifest are the same for the same file. They can be checked with the program sha512sum alone.
"""


def about_package(aip_id: str) -> bytes:
    """Return the text that explains the package to somebody who has nothing but the package."""
    return _TEXT.format(aip_id=aip_id).encode()


@cache
def schema_files() -> tuple[tuple[str, bytes, str, FileFixity], ...]:
    """Return path, bytes, media type and digests of each schema file, read once."""
    folder = resources.files("aip").joinpath("schemas")
    found = []
    for name in SCHEMAS:
        data = folder.joinpath(name).read_bytes()
        media_type = "text/plain" if name.endswith(".txt") else "application/xml"
        found.append((f"schemas/{name}", data, media_type, hash_bytes(data)))
    return tuple(found)
