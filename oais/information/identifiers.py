"""Names that last: AIP identifiers, their versions, receipts, and where an identifier rests on disk.

An AIP identifier is the bag's External-Identifier. It is plain ASCII on purpose: it stands in URLs,
file names, mails and printed papers, and must not have look-alikes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from oais.errors import WrongUsageError
from oais.information.text import printable

AIP_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:+=-]{0,118}[A-Za-z0-9])?")
"""The grammar of an AIP identifier: 1 to 120 ASCII letters, digits and ``. _ : + = -``."""

RECEIPT_ID = re.compile(r"r([0-9]{4})([0-9]{2})[0-9]{2}T[0-9]{6}Z-[0-9a-f]{8}")
"""The grammar of a receipt's name; year and month say where it is kept."""

_VERSION = re.compile(r"v([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class AipReference:
    """An AIP, or one version of it: ``ID`` or ``ID@v2``; version None is the newest."""

    aip_id: str
    version: int | None = None

    def __str__(self) -> str:
        return self.aip_id if self.version is None else f"{self.aip_id}@v{self.version}"


def is_aip_id(text: str) -> bool:
    """Return whether ``text`` is a well-formed AIP identifier without dot-only segments."""
    return AIP_ID.fullmatch(text) is not None and ".." not in text


def parse_aip_reference(text: str) -> AipReference:
    """Read ``ID`` or ``ID@vN``; raises WrongUsageError naming what was found."""
    aip_id, at, version = text.partition("@")
    match = _VERSION.fullmatch(version) if at else None
    if not is_aip_id(aip_id) or (at and match is None):
        raise WrongUsageError(
            f"{printable(text)!r} is not an AIP reference; expected an identifier such as "
            "'mission.product.0001', or one with a version such as 'mission.product.0001@v2'"
        )
    return AipReference(aip_id, int(match[1]) if match else None)


def object_path(aip_id: str) -> str:
    """Return where the OCFL object of ``aip_id`` lies below the storage root.

    OCFL extension 0003-hash-and-id-n-tuple-storage-layout with its defaults: three tuples of three
    digits of the sha256 of the identifier, then the percent-encoded identifier, cut at 100 characters.
    """
    digest = hashlib.sha256(aip_id.encode()).hexdigest()
    encoded = encode_identifier(aip_id)
    leaf = encoded if len(encoded) <= 100 else f"{encoded[:100]}-{digest}"
    return f"{digest[0:3]}/{digest[3:6]}/{digest[6:9]}/{leaf}"


def encode_identifier(identifier: str) -> str:
    """Percent-encode all but ASCII letters, digits, ``-`` and ``_``, in lower-case hexadecimal."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or byte in b"-_") else f"%{byte:02x}"
        for byte in identifier.encode()
    )


def submission_key(provider: str, manifest_digest: str) -> str:
    """Return the key under which the same delivery is recognised when it comes again."""
    return hashlib.sha256(f"{provider}\n{manifest_digest}".encode()).hexdigest()


def receipt_name(moment: datetime, token: str) -> str:
    """Return a receipt's name: the second of arrival and a random token, ``r20261121T035200Z-4f3a9c1b``."""
    return f"r{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"
