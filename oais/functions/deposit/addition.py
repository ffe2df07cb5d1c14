"""Adding to an upload: bytes are acknowledged when they last, and a whole upload is received."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from oais.archive import timestamp
from oais.confirming import require_open
from oais.database import deposits
from oais.database.deposits import Deposit, DepositState
from oais.errors import WrongUsageError
from oais.functions.deposit.uploads import own_upload, upload_path
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.identifiers import receipt_name
from policies.principals import Principal
from sip.uploads import writing_upload

CHECKSUMS: Final = {"sha1": 20, "sha256": 32, "sha512": 64}
"""Digests by which a piece can be checked, with their bytes; tus asks for the first."""

_SYNCED_EVERY: Final = 16 << 20
"""Bytes after which what has come is made to last, so that a crash costs no more of a long request."""


class OffsetError(WrongUsageError):
    """The bytes do not go on where the upload stands."""

    http_status = 409


class ChecksumError(WrongUsageError):
    """The bytes are not those that were announced (tus 1.0.0, checksum)."""

    http_status = 460


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece must hash to."""

    algorithm: str
    digest: bytes


class Addition:
    """The bytes of one request on their way into an upload, which is held alone until ``close``."""

    def __init__(
        self,
        service: Service,
        principal: Principal,
        identifier: str,
        *,
        offset: int,
        checksum: Checksum | None = None,
    ) -> None:
        """Take hold of the upload.

        Raises NotFoundError, EndedError, UploadBusyError, OffsetError when it stands elsewhere, and
        StorageError while the archive is closed.
        """
        require_open(service.archive.home)
        self._service = service
        self._checksum = checksum
        self._hasher = hashlib.new(checksum.algorithm) if checksum else None
        self._held = ExitStack()
        found = own_upload(service, principal, identifier)
        if found.state is not DepositState.UPLOADING:
            raise OffsetError(f"{found.name} is whole and {found.state}", remedy="nothing is left to be sent")
        self._writer = self._held.enter_context(writing_upload(upload_path(service.archive, found)))
        try:
            self.deposit = own_upload(service, principal, identifier)
            self._check_offset(offset)
            self._writer.start_at(offset)
        except BaseException:
            self.close()
            raise

    def _check_offset(self, offset: int) -> None:
        if offset != self.deposit.offset or self.deposit.state is not DepositState.UPLOADING:
            raise OffsetError(
                f"{self.deposit.name} stands at byte {self.deposit.offset}, not at {offset}",
                remedy="ask for the offset with HEAD, and go on from there",
            )

    def add(self, data: bytes) -> None:
        """Add bytes; raises WrongUsageError for more than were announced, NoRoomError, StorageError."""
        if self._writer.offset + len(data) > self.deposit.length:
            self._writer.drop()
            raise WrongUsageError(
                f"{self.deposit.name} was announced with {self.deposit.length} bytes, and more came",
                remedy="send what was announced, or begin a new upload",
            )
        if self._hasher is not None:
            self._hasher.update(data)
        self._writer.add(data)
        unsynced = self._writer.offset - self.deposit.offset
        if self._hasher is None and unsynced >= _SYNCED_EVERY and self._writer.offset < self.deposit.length:
            self._acknowledge()

    def finish(self) -> Deposit:
        """Check and acknowledge what was added; a whole upload is then received.

        Raises ChecksumError, after which nothing of it was kept, NoRoomError, StorageError.
        """
        if not self._sound():
            self._writer.drop()
            raise ChecksumError(
                "the bytes do not have the checksum that was sent with them",
                remedy="send this piece again; nothing of it was kept",
            )
        self._acknowledge()
        return self.deposit

    def break_off(self) -> None:
        """Keep what came before the connection was lost, unless it was to be checked as a whole."""
        if self._hasher is None:
            self._acknowledge()
        else:
            self._writer.drop()

    def _sound(self) -> bool:
        if self._checksum is None or self._hasher is None:
            return True
        return hmac.compare_digest(self._hasher.digest(), self._checksum.digest)

    def close(self) -> None:
        """Let go of the upload."""
        self._held.close()

    def _acknowledge(self) -> None:
        """Make what came last; with the last byte the delivery is received, in the same step."""
        now = timestamp(self._service.now())
        values: dict[str, str | int] = {"offset": self._writer.keep(), "changed_at": now}
        whole = self._writer.offset == self.deposit.length
        if whole:
            promised = receipt_name(self._service.now(), secrets.token_hex(4))
            values |= {"state": DepositState.RECEIVED, "promised": promised, "due_at": now}
        with self._service.database.writing() as connection:
            self.deposit = deposits.change(connection, self.deposit.identifier, **values)
            if whole:
                told = {"who": self.deposit.person, "subject": self.deposit.identifier}
                record(self._service, "deposit.received", **told)
