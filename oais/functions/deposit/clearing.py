"""Removing the bytes of deposits that were decided on: by the rule of the drop folder, once all is proven."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Final

from oais.database import deposits
from oais.database.deposits import Deposit
from oais.errors import ArchiveError, StorageError
from oais.functions.deposit.uploads import upload_path
from oais.functions.parting import SEE_TO_IT, Proof
from oais.functions.receipts import open_receipt
from oais.functions.service import Service
from oais.information.text import printable
from sip.uploads import UploadBusyError, remove_upload, writing_upload

_MOST_NAMED: Final = 3


class Clearer:
    """Clears ``sip/uploads`` round by round; what was proven is remembered, so that it is read once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._proofs: dict[str, Proof] = {}

    def clear_due(self) -> int:
        """Remove the bytes that may go; return of how many deposits.

        Raises StorageError that names those that stay, and why, when none could go.
        """
        cleared, stays = 0, []
        waiting = self._decided()
        for gone in self._proofs.keys() - {deposit.identifier for deposit in waiting}:
            del self._proofs[gone]
        for deposit in waiting:
            with suppress(UploadBusyError):
                why = self._clear(deposit)
                cleared += not why
                stays += [f"{printable(deposit.name)} ({deposit.identifier}): {why}"] if why else []
        if stays and not cleared:
            more = f"; and {len(stays) - _MOST_NAMED} more" if len(stays) > _MOST_NAMED else ""
            told = "; ".join(stays[:_MOST_NAMED])
            raise StorageError(f"what was taken in stays in sip/uploads: {told}{more}", remedy=SEE_TO_IT)
        return cleared

    def _decided(self) -> list[Deposit]:
        """Return the deposits that were accepted or refused and whose bytes are there."""
        names = sorted(folder.name for folder in self._service.archive.uploads.iterdir())
        with self._service.database.reading() as connection:
            found = [deposits.by_identifier(connection, name) for name in names]
        return [each for each in found if each is not None and each.state in deposits.DECIDED]

    def _clear(self, deposit: Deposit) -> str:
        """Remove the bytes of a deposit, or return why they stay, which is noted for the desk."""
        path = upload_path(self._service.archive, deposit)  # a stop may have left its folder alone
        with writing_upload(path) if path.exists() else nullcontext():
            why = self._why_not(deposit)
            if why != deposit.note:
                with self._service.database.writing() as connection:
                    deposits.change(connection, deposit.identifier, note=why)
            if not why:
                remove_upload(path)
        return why

    def _why_not(self, deposit: Deposit) -> str:
        try:
            if deposit.identifier not in self._proofs:
                receipt = open_receipt(self._service.archive, deposit.receipt)
                self._proofs[deposit.identifier] = Proof(receipt)
        except ArchiveError as error:
            return error.message
        return self._proofs[deposit.identifier].why_not(self._service.archive)
