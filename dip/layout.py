"""A DIP in one file, laid out from its order: size, name and validator before any byte is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dip.order import DipOrder, check_order
from dip.pieces import Ask, Fixed, Member, Payload, Pieces, Reading
from dip.tags import PAYLOAD_MANIFEST, tag_files
from dip.tar_layout import StoredGzip, tar_pieces
from dip.zip_layout import zip_pieces
from oais.errors import WrongUsageError
from oais.information.signature import Signer
from oais.information.text import printable

Form = Literal["zip", "tar.gz"]
"""What a DIP can be sent as; neither packs, so both can go on where they broke off."""

MEDIA_TYPES: Mapping[Form, str] = {"zip": "application/zip", "tar.gz": "application/gzip"}


def known_form(text: str) -> Form:
    """Return a form by its name; raises WrongUsageError."""
    for form in MEDIA_TYPES:
        if text == form:
            return form
    raise WrongUsageError(f"{printable(text)!r} is no form of a package; expected {' or '.join(MEDIA_TYPES)}")


@dataclass(frozen=True, slots=True)
class Package:
    """A DIP as one file that need not exist: any part of it can be made at any time, always the same.

    ``stamp`` changes exactly when a byte of it would; ``manifest_digest`` is the sha512 of its payload
    manifest.
    """

    name: str
    media_type: str
    stamp: str
    manifest_digest: str
    body: Pieces | StoredGzip

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.body.size

    def read(self, ask: Ask, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``stop`` (not included); ``ask`` stands before each file.

        Raises DamageError when a stored byte is not what was sealed, StorageError, and what ``ask`` raises.
        """
        return self.body.read(Reading(ask), start, self.size if stop is None else stop)


def lay_out(order: DipOrder, signer: Signer | None, form: Form = "zip") -> Package:
    """Lay out the package of an order; raises RefusedError for no or impossible paths."""
    check_order(order)
    tags = tag_files(order, signer)
    at = datetime.fromisoformat(order.at)
    members = [Member(f"{order.order_id}/{name}", body) for name, body in bag_members(order, tags)]
    body = zip_pieces(members, at) if form == "zip" else StoredGzip(tar_pieces(members, at))
    facts = "\n".join((form, order.order_id, order.at, str(body.size)))
    return Package(
        name=f"{order.order_id}.{form}",
        media_type=MEDIA_TYPES[form],
        stamp=hashlib.sha256(facts.encode() + b"".join(tags.values())).hexdigest(),
        manifest_digest=hashlib.sha512(tags[PAYLOAD_MANIFEST]).hexdigest(),
        body=body,
    )


def bag_members(order: DipOrder, tags: Mapping[str, bytes]) -> Iterator[tuple[str, Fixed | Payload]]:
    """Yield the files of the bag by their paths in it: tag files first, the payload in the order's order."""
    for path, data in tags.items():
        yield path, Fixed(data)
    for record in order.records:
        yield f"metadata/{record.path}", Payload(record)
    for item in order.items:
        yield f"data/{item.path}", Payload(item)
