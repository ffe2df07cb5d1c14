"""Packages whose layers disagree although each is sealed: what only a cross-layer check can see.

A package is staged, one thing in it is made wrong, every layer that is not meant to be wrong is brought up
to date from the disk, and then it is sealed and signed by the archive's own key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from aip.sealing import seal
from aip.staging import StagedAip, stage_aip
from aip.storage import AipStore
from aip.stored import StoredAip
from oais.information.fixity import hash_file
from tests.aip.building import SIGNER, contents_of

REP = "representations/original"
DATA = f"{REP}/data"
Tamper = Callable[[Path], None]
_LINK = "{http://www.w3.org/1999/xlink}href"
_DIGESTS = {"SHA-256": "sha256", "SHA-512": "sha512"}


def store_tampered(
    store: AipStore,
    work: Path,
    payload: Mapping[str, bytes],
    tamper: Tamper,
    wrong: frozenset[str],
) -> StoredAip:
    """Store a package that ``tamper`` changed; the layers named in ``wrong`` are left as they then are."""
    staged = stage_aip(contents_of("x.wrong", work, payload), store.root.parent / "staging", None)
    content = staged.path / "v1" / "content"
    for path in content.rglob("*"):
        if path.is_file():
            data = path.read_bytes()  # a copy of its own, so that custody stays what it was
            path.unlink()
            path.write_bytes(data)
    tamper(content)
    _refresh(content, wrong)
    return store.store(seal(_with_new_inventory(staged, content), SIGNER))


def _refresh(content: Path, wrong: frozenset[str]) -> None:
    if "manifests" not in wrong:
        _refresh_manifests(content)
    if "premis" not in wrong:
        for path in content.rglob("premis.xml"):
            _refresh_premis(content, path)
    if "description" not in wrong:
        _refresh_description(content)
    if "representation mets" not in wrong:
        for path in content.glob("representations/*/METS.xml"):
            _refresh_mets(path)
    if "blake3" not in wrong:
        _refresh_blake3(content)
    if "package mets" not in wrong:
        _refresh_mets(content / "METS.xml")


def _refresh_mets(path: Path) -> None:
    tree = etree.parse(str(path))
    for element in tree.iter("{*}mdRef", "{*}file"):
        location = element if element.get(_LINK) else element[0]
        target = path.parent / unquote(str(location.get(_LINK)))
        found = hash_file(target, ("sha512",))
        element.set("SIZE", str(found.size))
        element.set("CHECKSUM", found.digests["sha512"])
    tree.write(str(path), encoding="UTF-8", xml_declaration=True)


def _refresh_premis(content: Path, path: Path) -> None:
    tree = etree.parse(str(path))
    for element in tree.iter("{*}object"):
        block = element.find("{*}objectCharacteristics")
        if block is None:
            continue
        found = hash_file(content / str(element.findtext(".//{*}objectIdentifierValue")))
        for fixity in block.iterfind("{*}fixity"):
            name = _DIGESTS[str(fixity[0].text)]
            fixity[1].text = found.digests[name]
        size = block.find("{*}size")
        assert size is not None
        size.text = str(found.size)
    tree.write(str(path), encoding="UTF-8", xml_declaration=True)


def _refresh_description(content: Path) -> None:
    path = content / "metadata/descriptive/description.json"
    plain = json.loads(path.read_text())
    for product in plain["products"]:
        found = hash_file(content / product["path"])
        product["size"], product["sha256"] = found.size, found.digests["sha256"]
    path.write_text(json.dumps(plain))


def _refresh_manifests(content: Path) -> None:
    for name in ("sha256", "sha512"):
        path = content / f"metadata/other/sip/manifest-{name}.txt"
        lines = []
        for line in path.read_text().splitlines():
            listed = line.split("  ", 1)[1]
            target = content / DATA / listed.removeprefix("data/")
            if target.is_file():
                line = f"{hashlib.new(name, target.read_bytes()).hexdigest()}  {listed}"
            lines.append(f"{line}\n")
        path.write_text("".join(lines))


def _refresh_blake3(content: Path) -> None:
    path = content / "metadata/other/blake3.txt"
    lines = []
    for file in sorted(item for item in content.rglob("*") if item.is_file()):
        name = file.relative_to(content).as_posix()
        if name not in ("METS.xml", "metadata/other/blake3.txt"):
            lines.append(f"{hash_file(file).digests['blake3']}  {name}\n")
    path.write_text("".join(lines))


def _with_new_inventory(staged: StagedAip, content: Path) -> StagedAip:
    state, manifest, fixity = {}, dict[str, tuple[str, ...]](), {}
    for path in sorted(item for item in content.rglob("*") if item.is_file()):
        found = hash_file(path)
        logical = path.relative_to(content).as_posix()
        digest = found.digests["sha512"]
        state[logical] = digest
        manifest[digest] = (*manifest.get(digest, ()), f"v1/content/{logical}")
        fixity[f"v1/content/{logical}"] = found.digests["sha256"]
    version = replace(staged.inventory.versions[1], state=state)
    inventory = replace(staged.inventory, versions={1: version}, manifest=manifest, fixity={"sha256": fixity})
    return replace(staged, inventory=inventory)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there once or more in a file, in its first place only."""
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1))
