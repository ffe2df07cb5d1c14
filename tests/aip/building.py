"""Small packages made for tests: bytes like those of FITS files, a source tree, a guide, tag files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aip.sealing import seal
from aip.software import swhid_of_directory
from aip.staging import stage_aip
from aip.storage import AipStore
from aip.stored import StoredAip
from oais.information.description import ObsCore, PackageDescription, ProductDescription
from oais.information.fixity import hash_file
from oais.information.identifiers import object_path
from oais.information.packages import (
    ContentFile,
    FormatIdentification,
    PackageContents,
    SoftwarePackage,
)
from oais.information.premis import Agent, Event, EventType, Outcome, Rights
from oais.information.signature import create_signer

SIGNER = create_signer(b"\x07" * 32)
TRUSTED = {SIGNER.key_id: SIGNER.public_pem}
NOW = "2026-11-21T04:00:00Z"
FITS = FormatIdentification("fmt/202", "FITS", "3.0", "application/fits", "pygfried", "signature")
TEXT = FormatIdentification("x-fmt/111", "Plain Text File", "", "text/plain", "own", "extension")
ODD = FormatIdentification("oais/asdf", "ASDF", "1.6", "application/octet-stream", "own", "magic")
PROGRAM = Agent("software:oais-archive", "OAIS archive", "software", "0.1.0", "swh:1:dir:" + "0" * 40)
PROVIDER = Agent("provider:example", "Example Observatory", "organization")


def fits_bytes(number: int, blocks: int = 2) -> bytes:
    """Return one header block and ``blocks`` of data, different for every number."""
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    1",
    ]
    cards += [f"NAXIS1  = {blocks * 2880:>20}", f"OBS_ID  = {number:>20}", "END"]
    header = "".join(card.ljust(80) for card in cards).ljust(2880).encode()
    return header + hashlib.shake_128(str(number).encode()).digest(blocks * 2880)


def content_files(bag: Path, files: Mapping[str, bytes]) -> list[ContentFile]:
    """Write the files of a bag to ``bag`` and say where in the package each belongs."""
    found = []
    for name, data in files.items():
        source = bag / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(data)
        path, kind = _place(name)
        form = FITS if name.endswith(".fits") else ODD if name.endswith(".asdf") else TEXT
        found.append(ContentFile(source, path, name, hash_file(source), form, kind))
    return found


def _place(name: str) -> tuple[str, str]:
    for prefix, target, kind in (
        ("data/documents/", "documentation/", "document"),
        ("data/software/", "representations/software/data/", "software"),
        ("data/", "representations/original/data/", "science"),
    ):
        if name.startswith(prefix):
            return target + name[len(prefix) :], kind
    return f"metadata/other/sip/{name}", "report"


def contents_of(aip_id: str, bag: Path, payload: Mapping[str, bytes]) -> PackageContents:
    """Return the package whose delivery had this payload (paths ``data/…``), with manifests made for it."""
    tags = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
    tags["bag-info.txt"] = f"External-Identifier: {aip_id}\n".encode()
    for name in ("sha256", "sha512"):
        lines = [f"{hashlib.new(name, data).hexdigest()}  {path}\n" for path, data in payload.items()]
        tags[f"manifest-{name}.txt"] = "".join(lines).encode()
    files = content_files(bag, {**tags, **payload})
    software = _software(bag)
    return PackageContents(
        aip_id=aip_id,
        files=tuple(files),
        events=events_for(aip_id, files),
        agents=(PROGRAM, PROVIDER),
        rights=Rights("open", "ab" * 32, "CC-BY-4.0"),
        description=description_of(aip_id, files),
        software=software,
        report={"findings": []},
        created_at=NOW,
    )


def _software(bag: Path) -> tuple[SoftwarePackage, ...]:
    root = bag / "data" / "software" / "pipe"
    if not root.is_dir():
        return ()
    path = "representations/software/data/pipe"
    return (SoftwarePackage("pipe", "1.2", path, swhid_of_directory(root), "python3 run.py"),)


def events_for(aip_id: str, files: list[ContentFile]) -> tuple[Event, ...]:
    """Return two events about the package and one about a single file."""
    ours, theirs = (PROGRAM.identifier,), (PROVIDER.identifier, PROGRAM.identifier)
    ok = Outcome.SUCCESS
    product = next(file for file in files if file.sip_path.startswith("data/"))
    return (
        Event("e1", EventType.TRANSFER, NOW, "delivered", ok, "", theirs, (aip_id,)),
        Event("e2", EventType.FIXITY_CHECK, NOW, "sha512 <&> manifest", ok, "all", ours, (aip_id,)),
        Event("e3", EventType.VALIDATION, NOW, "FITS", Outcome.WARNING, "odd", ours, (product.sip_path,)),
    )


def description_of(aip_id: str, files: list[ContentFile]) -> PackageDescription:
    """Return a description with one product per science file."""
    products = tuple(
        ProductDescription(
            path=file.path,
            sip_path=file.sip_path,
            size=file.fixity.size,
            sha256=file.fixity.digests["sha256"],
            kind="science",
            level="L1",
            product_type="image",
            format_id=file.format.format_id,
            format_name=file.format.name,
            media_type=file.format.media_type,
            obscore=ObsCore(dataproduct_type="image", s_ra=10.5),
            values={"revision": 3, "scale": float("nan")},
        )
        for file in files
        if file.kind == "science"
    )
    return PackageDescription(
        aip_id=aip_id,
        version=1,
        title=f"Test package {aip_id} <&>",
        summary="Bytes made for a test",
        mission="Example",
        collection="example-l1",
        node="example/l1",
        kind="science",
        level="L1",
        agreement="example",
        provider="Example Observatory",
        creators=("Example Team",),
        publisher="Example Archive",
        year=2026,
        licence="CC-BY-4.0",
        credit="",
        access_policy="open",
        submission_key="k" * 64,
        receipt="r1",
        ingested_at=NOW,
        products=products,
    )


ONE = {"data/img 1.fits": fits_bytes(1)}
MANY = {f"data/night{n % 3}/frame-{n:03}.fits": fits_bytes(n, 1) for n in range(30)}
RICH = {
    "data/a.fits": fits_bytes(1),
    "data/é#100%.fits": fits_bytes(2),
    "data/table.asdf": b"#ASDF 1.0.0\n",
    "data/software/pipe/run.py": b"print('hello')\n",
    "data/software/pipe/lib/core.py": b"VALUE = 1\n",
    "data/software/pipe/lib.txt": b"numpy==2.0\n",
    "data/documents/guide.txt": b"How to read the products.\n",
}


def new_store(home: Path) -> AipStore:
    """Make an empty store below ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    store = AipStore(home / "aip")
    store.create_root(SIGNER.public_pem)
    return store


def store_package(store: AipStore, aip_id: str, payload: Mapping[str, bytes], work: Path) -> StoredAip:
    """Stage, seal and store a package (or its next version) from a delivery written to ``work``."""
    previous = store.find(aip_id)
    bag = work / f"bag-{aip_id}-{previous.head + 1 if previous else 1}"
    contents = contents_of(aip_id, bag, payload)
    if previous:
        contents = later(contents, previous.head + 1)
    staged = stage_aip(contents, store.root.parent / "staging", previous)
    return store.store(seal(staged, SIGNER))


def later(contents: PackageContents, version: int) -> PackageContents:
    """Return the contents as delivered on a later day, with events of their own."""
    at = f"2026-12-{version:02}T00:00:00Z"
    events = tuple(
        replace(event, identifier=f"{event.identifier}-v{version}", at=at) for event in contents.events
    )
    return replace(contents, created_at=at, events=events)


def root_of(store: AipStore, aip_id: str) -> Path:
    """Return where an AIP lies, whether it is there or not."""
    return store.root / object_path(aip_id)
