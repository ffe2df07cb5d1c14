"""Makes the OCFL storage root, which explains itself to somebody who has nothing but the disk."""

from __future__ import annotations

import json
from pathlib import Path

from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError, RefusedError
from oais.files import create_file, make_directories, read_regular, sync_tree, write_durably
from oais.information.reader.composed import VERIFY, is_older, verify_program

ROOT_DECLARATION = "0=ocfl_1.1"
ROOT_DECLARED = b"ocfl_1.1\n"
LAYERS = 4
"""Folders between the storage root and an object's files: three tuples and the leaf."""

LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
README = "README.txt"
PUBLIC_KEY = "archive.pub.pem"
_LAYOUT_TEXT = "Hashed identifier in three folders of three digits, then the encoded identifier"
_CONFIGURATION = {
    "extensionName": LAYOUT,
    "digestAlgorithm": "sha256",
    "tupleSize": 3,
    "numberOfTuples": 3,
}

_README = """\
This is an OCFL 1.1 storage root (https://ocfl.io/1.1/spec/): the archive itself.
Nothing in it is ever edited; new versions are added. No program of the archive is needed to read it.

Verify, list and take out AIPs (any Python from 3.6 on; --help tells more)
  python3 verify.py
  python3 verify.py list
  python3 verify.py extract IDENTIFIER FOLDER
It does what the rest of this text tells how to do by hand. Against somebody who may have changed this disk
use a verify.py and an archive.pub.pem from elsewhere: python3 verify.py --at THIS_FOLDER --key KEY

Where an AIP lies
  Take the sha256 of its identifier in hexadecimal. The first three groups of three digits are three
  folders; in the third lies a folder named like the identifier, with every character but ASCII letters,
  digits, "-" and "_" percent-encoded (at most 100 characters, then "-" and the whole digest).
      printf %s IDENTIFIER | sha256sum

What is in it
  inventory.json          which file belongs to which version, and the sha512 of each (OCFL 1.1)
  inventory.json.sha512   check it with: sha512sum -c inventory.json.sha512
  v1, v2 ...              the versions; each holds only what is new in it, below content/
  logs/signatures         a signature (Ed25519) over the inventory of each version, and the public key
  logs/audits.jsonl       what the audits found, one line each

Check a signature (the trusted copy of the key is archive.pub.pem beside this text, and outside the archive)
  openssl pkeyutl -verify -pubin -inkey archive.pub.pem -rawin -in v1/inventory.json \\
      -sigfile logs/signatures/v1.inventory.json.sig

Check all files of an AIP (run in its folder; the manifest block of inventory.json lists digest and path)
  python3 -c "import json; [print(d + '  ' + p) for d, ps in
      json.load(open('inventory.json'))['manifest'].items() for p in ps]" | sha512sum -c

Take a file out: look up its path in the state of the version wanted, then the digest found there in the
manifest; the manifest says where the bytes lie. README files of the packages tell what they mean:
documentation/about-this-package.txt.
"""


def root_files() -> dict[str, bytes]:
    """Return the files of every storage root by path, as this release writes them: layout, text, reader."""
    layout = {"extension": LAYOUT, "description": _LAYOUT_TEXT}
    return {
        "ocfl_layout.json": _json(layout),
        f"extensions/{LAYOUT}/config.json": _json(_CONFIGURATION),
        README: _README.encode(),
        VERIFY: verify_program(),
    }


def create_storage_root(root: Path, public_pem: bytes) -> None:
    """Make the storage root; raises RefusedError when something is there, StorageError."""
    with storage_errors(f"making the storage root {root.name}"):
        if root.exists() and any(root.iterdir()):
            raise RefusedError(f"{root.name} is not empty, a storage root is made in an empty folder")
        make_directories(root)
        create_file(root / ROOT_DECLARATION, ROOT_DECLARED)
        for name, data in root_files().items():
            make_directories((root / name).parent)
            create_file(root / name, data)
        if public_pem:
            create_file(root / PUBLIC_KEY, public_pem)
        sync_tree(root)


def renew_reader(root: Path) -> list[str]:
    """Bring ``verify.py`` up to this release's; return what was done, in a sentence or none.

    One that is of a later release stays. Raises StorageError when the disk refuses.
    """
    place = root / VERIFY
    with storage_errors(f"renewing {VERIFY}"):
        try:
            found = read_regular(place)
        except FileNotFoundError:
            found = b""
    if not is_older(found):
        return []
    write_durably(place, verify_program())
    return [f"{root.name}/{VERIFY} was renewed: it is this release's now"]


def _json(plain: object) -> bytes:
    return json.dumps(plain, indent=1).encode() + b"\n"


def require_storage_root(root: Path) -> None:
    """Raise ConfigurationError when ``root`` is not an OCFL 1.1 storage root."""
    if not (root / ROOT_DECLARATION).is_file():
        raise ConfigurationError(
            f"{root.name} is not an OCFL 1.1 storage root: it has no {ROOT_DECLARATION}",
            remedy="name the archive's home, or make one with 'oais init'",
        )
