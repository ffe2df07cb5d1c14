"""The tag files of a DIP, made from the order alone: manifests, bag-info, README, signature."""

from __future__ import annotations

import hashlib

from dip.order import LEDGER_PROOF, DipOrder
from oais.information.reader.composed import VERIFY, verify_program
from oais.information.signature import Signer
from oais.information.software import software_version

PAYLOAD_MANIFEST = "manifest-sha512.txt"
SIGNATURE = "signature/tagmanifest-sha512.txt.sig"
PUBLIC_KEY = "signature/archive.pub.pem"
_ALGORITHMS = ("sha256", "sha512")

_README = """\
{title}

This is a delivery of {organization}, order {order_id} of {at}.
It is a BagIt 1.0 bag (RFC 8493): {count} files, {size} bytes, below data/.

How to cite
{citation}

Licence
{licence}

What is where
  data/       the files ordered, byte for byte as they are kept; one named .derived was made of such a file,
              and derived.json below metadata/ tells how
  metadata/   description, provenance (PREMIS) and other records of what was ordered
  verify.py   a program that checks all of it; it needs nothing but Python 3.6 or later
{proven}{signed}
How to check it (in this folder: the first line does what the others do)
  python3 verify.py
  sha512sum -c manifest-sha512.txt
  sha512sum -c tagmanifest-sha512.txt
{verify}"""

_PROVEN = """\
              ledger-proof.json proves that the version stands in the archive's tamper-evident ledger;
              a file of data/ belongs to that version when its sha512 stands in ledger-files.txt beside it
"""
_SIGNED = "  signature/  the archive's signature over tagmanifest-sha512.txt, and its public key\n"
_VERIFY = """\
  openssl pkeyutl -verify -pubin -inkey signature/archive.pub.pem -rawin \\
      -in tagmanifest-sha512.txt -sigfile signature/tagmanifest-sha512.txt.sig
Take the public key from {keys} rather than from this folder.
The signature covers the tag manifest, which covers the payload manifests, which cover every file.
"""


def tag_files(order: DipOrder, signer: Signer | None) -> dict[str, bytes]:
    """Return every tag file that is made for the order by its path, in the order in which they are written.

    The stored records among the tag files are in the tag manifests too; their bytes stay where they lie.
    """
    files = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": _bag_info(order),
        "README.txt": _readme(order, signed=signer is not None),
        VERIFY: verify_program(),
    }
    for name in _ALGORITHMS:
        lines = {f"data/{item.path}": item.digests[name] for item in order.items}
        files[f"manifest-{name}.txt"] = _manifest(lines)
    for path, data in sorted(order.metadata.items()):
        files[f"metadata/{path}"] = data
    if signer is not None:
        files[PUBLIC_KEY] = signer.public_pem
    listed = dict(files)
    for name in _ALGORITHMS:
        lines = {path: hashlib.new(name, data).hexdigest() for path, data in listed.items()}
        lines |= {f"metadata/{record.path}": record.digests[name] for record in order.records}
        files[f"tagmanifest-{name}.txt"] = _manifest(lines)
    if signer is not None:
        files[SIGNATURE] = signer.sign(files["tagmanifest-sha512.txt"])
    return files


def _manifest(lines: dict[str, str]) -> bytes:
    return "".join(f"{digest}  {_encoded(path)}\n" for path, digest in sorted(lines.items())).encode()


def _encoded(path: str) -> str:
    """Percent-encode what RFC 8493 §2.1.3 asks for; line ends never come here."""
    return path.replace("%", "%25")


def _bag_info(order: DipOrder) -> bytes:
    tags = {
        "Source-Organization": order.source_organization,
        "External-Description": order.title,
        "External-Identifier": order.order_id,
        "Bagging-Date": order.at[:10],
        "Payload-Oxum": f"{order.payload_size}.{len(order.items)}",
        "Bag-Software-Agent": f"OAIS archive {software_version()}",
    }
    return "".join(f"{key}: {' '.join(value.split())}\n" for key, value in tags.items()).encode()


def _readme(order: DipOrder, *, signed: bool) -> bytes:
    text = _README.format(
        title=order.title,
        organization=order.source_organization,
        order_id=order.order_id,
        at=order.at,
        count=len(order.items),
        size=order.payload_size,
        citation=order.citation,
        licence=order.licence or "not stated: ask the archive before you use the files",
        proven=_PROVEN if any(path.endswith(LEDGER_PROOF) for path in order.metadata) else "",
        signed=_SIGNED if signed else "",
        verify=_VERIFY.format(keys=order.keys_address or "the archive itself") if signed else "",
    )
    return text.encode()
