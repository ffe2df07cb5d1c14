"""How to cite one version of an AIP: a sentence for a paper and an entry for BibTeX."""

from __future__ import annotations

import re

from oais.functions.access.views import Citation
from oais.information.description import PackageDescription

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def cite(description: PackageDescription, version: int, base_url: str) -> Citation:
    """Return the citation of ``description`` as version ``version`` (DataCite 4.6, recommended form)."""
    address = f"{base_url.rstrip('/')}/aip/{description.aip_id}/v{version}"
    who = "; ".join(description.creators) or description.provider or description.publisher
    text = (
        f"{who} ({description.year}): {description.title}. Version {version}. "
        f"{description.publisher}. Data set. {address}"
    )
    return Citation(text=text, bibtex=_bibtex(description, version, address, who))


def _bibtex(description: PackageDescription, version: int, address: str, who: str) -> str:
    authors = " and ".join(f"{{{_escaped(name)}}}" for name in description.creators or (who,))
    key = re.sub(r"[^A-Za-z0-9:._-]", "-", description.aip_id)
    rows = {
        "author": authors,
        "title": f"{{{_escaped(description.title)}}}",
        "year": str(description.year),
        "version": str(version),
        "publisher": _escaped(description.publisher),
        "howpublished": "Data set",
        "note": _escaped(f"Identifier {description.aip_id}"),
        "url": address,
    }
    body = "".join(f"  {name:<12} = {{{value}}},\n" for name, value in rows.items() if value)
    return f"@misc{{{key}.v{version},\n{body}}}\n"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))
