"""A whole E-ARK package: its folder, its METS documents, the files they point to, and its PREMIS."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aip.validation.eark.document import METS, MetsView, attribute_of, select, view_mets
from aip.validation.eark.rules import check_rules
from aip.validation.premis_links import check_links
from aip.validation.schemas import schema_faults
from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.information.findings import Finding, finding
from oais.information.xml import XmlRefusedError, parse_xml


def is_eark_package(folder: Path) -> bool:
    """Return whether a folder is an E-ARK package: METS.xml beside metadata or representations."""
    inside = ("metadata", "representations", "schemas", "documentation")
    return (folder / METS).is_file() and (
        any((folder / name).is_dir() for name in inside) or _speaks_of_packages(folder / METS)
    )


def _speaks_of_packages(mets: Path) -> bool:
    with mets.open("rb") as stream:
        return b"OAISPACKAGETYPE" in stream.read(64 << 10)


def check_eark_package(folder: Path) -> Iterator[Finding]:
    """Yield every MUST of E-ARK CSIP 2.2 and AIP 2.2 that the package in ``folder`` breaks, by its id.

    Raises StorageError where the disk cannot be read.
    """
    with storage_errors(f"reading {folder.name}"):
        files = package_files(folder)
        yield from check_eark_files(files)


def package_files(folder: Path) -> dict[str, Path]:
    """Return the plain files of a folder by their paths; links are neither followed nor listed."""
    found = {}
    for here, folders, names in os.walk(folder, onerror=_stop):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(folder).as_posix()] = path
    return found


def _stop(error: OSError) -> None:
    raise StorageError(f"{error.filename} cannot be read: {error.strerror}") from error


def check_eark_files(files: Mapping[str, Path], *, follow: bool = True) -> Iterator[Finding]:
    """Yield what is wrong with a package given as files by their paths, wherever they lie.

    Without ``follow`` only what the documents say themselves is judged, and not the files they point to.
    """
    if METS not in files:
        yield finding("CSIPSTR4", METS, "the package has no METS.xml at its top")
        return
    pointed: set[str] = set()
    views = []
    for logical in (METS, *_representations(files)):
        try:
            root = parse_xml(files[logical])
        except (XmlRefusedError, OSError) as error:
            yield finding("CSIPSTR4", logical, f"{logical} cannot be read: {error}")
            continue
        view = view_mets(logical, root, files if follow else None)
        views.append(view)
        yield from schema_faults("EAR-001", logical, root)
        yield from check_rules(view, logical)
        pointed.update(_pointers(view))
    for logical in _representations(files):
        if logical not in pointed:
            yield finding("CSIPSTR4", METS, f"METS.xml does not point to {logical}")
    if follow:
        yield from check_links({name: files[name] for name in sorted(_premis(views, files))})


def _representations(files: Iterable[str]) -> list[str]:
    parts = (path.split("/") for path in files)
    return sorted("/".join(p) for p in parts if len(p) == 3 and p[0] == "representations" and p[2] == METS)


def _pointers(view: MetsView) -> Iterator[str]:
    for element in select("//mets:mptr | //mets:FLocat")(view.root):
        yield view.target_of(element)


def _premis(views: Iterable[MetsView], files: Mapping[str, Path]) -> set[str]:
    """Return the PREMIS documents: those METS calls so, and what lies where CSIP puts them."""
    named = {
        view.target_of(element)
        for view in views
        for element in select("//mets:mdRef")(view.root)
        if attribute_of(element, "MDTYPE").startswith("PREMIS")
    }
    usual = {
        path
        for path in files
        if "metadata/preservation/" in path and path.rpartition("/")[2].lower().startswith("premis")
    }
    return {path for path in (*named, *usual) if path in files and path.lower().endswith(".xml")}
