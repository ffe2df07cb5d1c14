"""The words of tus 1.0.0, the protocol of uploads that can be resumed: its headers, read strictly."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Final

from starlette.requests import Request

from oais.database.deposits import Deposit
from oais.errors import WrongUsageError
from oais.functions.deposit.addition import CHECKSUMS, Checksum
from oais.functions.deposit.uploads import Announcement, expiry_of
from oais.functions.service import Service

VERSION: Final = "1.0.0"
OCTETS: Final = "application/offset+octet-stream"
EXTENSIONS: Final = ("creation", "creation-with-upload", "expiration", "checksum", "termination")

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_DIGEST: Final = re.compile(r"\s*(sha-256|sha-512)=:([A-Za-z0-9+/=]*):\s*")
_LONGEST_METADATA: Final = 4096
_LONGEST_WORD: Final = 512


class VersionError(WrongUsageError):
    """The client speaks another version of tus."""

    http_status = 412


class LengthRequiredError(WrongUsageError):
    """How many bytes will come must be said before them."""

    http_status = 411


def check_version(request: Request, *, demanded: bool) -> None:
    """Raise VersionError for another version of tus; where it is ``demanded``, also for none."""
    given = request.headers.get("tus-resumable", "" if demanded else VERSION)
    if given != VERSION:
        raise VersionError(
            f"the request has Tus-Resumable {given!r}; expected {VERSION}",
            remedy="use a tus client of version 1, or PUT the whole file",
        )


def announcement_of(request: Request) -> Announcement:
    """Return what the headers of a creation announce; raises WrongUsageError naming the header."""
    if "upload-defer-length" in request.headers:
        raise WrongUsageError("Upload-Defer-Length is not known here", remedy="send Upload-Length")
    words = _metadata(request.headers.get("upload-metadata", ""))
    return Announcement(
        name=words.get("filename", ""),
        length=number_of(request, "upload-length"),
        agreement=words.get("agreement", ""),
        fingerprint=words.get("fingerprint", ""),
    )


def number_of(request: Request, header: str) -> int:
    """Return the whole number that a header gives once; raises WrongUsageError."""
    given = request.headers.getlist(header)
    if len(given) != 1 or _NUMBER.fullmatch(given[0]) is None:
        raise WrongUsageError(f"{header} is {given}; expected one whole number")
    return int(given[0])


def _metadata(header: str) -> Mapping[str, str]:
    """Read ``key base64, key base64``; raises WrongUsageError."""
    words: dict[str, str] = {}
    try:
        if len(header) > _LONGEST_METADATA:
            raise ValueError(header)
        for pair in filter(None, (part.strip() for part in header.split(","))):
            key, _, value = pair.partition(" ")
            word = b64decode(value, validate=True).decode("utf-8")
            if key in words or len(word) > _LONGEST_WORD or not (word.isprintable() and key.isascii()):
                raise ValueError(pair)
            words[key] = word
    except ValueError as error:
        raise WrongUsageError(
            "Upload-Metadata cannot be read; expected keys, each once, with a short text in base64"
        ) from error
    return words


def checksum_of(request: Request) -> Checksum | None:
    """Return the checksum of the piece (``Upload-Checksum: sha1 BASE64``), if any; raises WrongUsageError."""
    given = request.headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, value = given.partition(" ")
    if algorithm not in CHECKSUMS:
        raise WrongUsageError(
            f"Upload-Checksum names {algorithm[:20]!r}; expected one of {', '.join(CHECKSUMS)}"
        )
    return _checksum(algorithm, value, "Upload-Checksum")


def digest_of(request: Request) -> Checksum | None:
    """Return the digest of the whole body (RFC 9530), if it is given and known; raises WrongUsageError."""
    for header in ("content-digest", "repr-digest"):
        found = {}
        for part in filter(None, request.headers.get(header, "").split(",")):
            if match := _DIGEST.fullmatch(part):
                found[match[1].replace("-", "")] = match[2]
            elif part.strip().startswith(("sha-256", "sha-512")):
                raise WrongUsageError(f"{header} cannot be read; expected sha-256=:BASE64:")
        if found:
            strongest = max(found)
            return _checksum(strongest, found[strongest], header)
    return None


def _checksum(algorithm: str, value: str, header: str) -> Checksum:
    try:
        digest = b64decode(value, validate=True)
    except ValueError:
        digest = b""
    if len(digest) != CHECKSUMS[algorithm]:
        raise WrongUsageError(f"{header} has no {algorithm} in base64")
    return Checksum(algorithm, digest)


def headers_of(service: Service, deposit: Deposit) -> dict[str, str]:
    """Return what every answer about an upload tells of it."""
    told = {"Upload-Offset": str(deposit.offset), "Upload-Length": str(deposit.length)}
    ends = expiry_of(service, deposit)
    return told | ({"Upload-Expires": format_datetime(ends, usegmt=True)} if ends else {})
