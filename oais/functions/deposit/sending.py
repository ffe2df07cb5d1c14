"""Sending deliveries to an archive far away, piece by piece (tus 1.0.0): what broke off goes on.

Needs no archive of one's own. Each piece is checked by its sha256; what the other side acknowledged is
never sent again, even by another run of the command, and a receipt that is there already is not asked twice.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oais.errors import StorageError, UnauthenticatedError, as_fault
from oais.functions.coordination import Disposition
from oais.functions.deposit.remote import Remote, TryAgainError
from oais.functions.receipts import receipt_from_plain
from oais.functions.reporting import SILENT, Reporter
from oais.information.text import printable
from sip.parcel import Parcel, parcel_of

DEPOSITS: Final = "/api/v1/deposits"
PIECE: Final = 16 << 20
"""Bytes sent at once: what a lost connection can cost."""

_TUS: Final = {"Tus-Resumable": "1.0.0"}
_OCTETS: Final = {**_TUS, "Content-Type": "application/offset+octet-stream"}
_GOES_ON: Final = ("uploading", "received", "checking", "accepted")
_DECIDED: Final = ("accepted", "refused")
_LONGEST_WAIT: Final = 10.0


def send(
    remote: Remote, deliveries: Iterable[Path], *, agreement: str = "", reporter: Reporter = SILENT
) -> Iterator[Disposition]:
    """Send each delivery, wait for its receipt, and yield what became of it.

    A fault of one stops no other, unless the archive cannot be reached or does not know us.
    """
    for delivery in deliveries:
        try:
            yield _Sending(remote, agreement, reporter).of(delivery)
        except Exception as error:  # noqa: BLE001 - what is met in one delivery must not stop the others
            fault = as_fault(error)
            told = printable(fault.message)
            yield Disposition(delivery, None, told, fault.remedy, fault.exit_code)
            if isinstance(fault, (StorageError, UnauthenticatedError)):
                return


@dataclass(frozen=True, slots=True)
class _Sending:
    remote: Remote
    agreement: str
    reporter: Reporter

    def of(self, delivery: Path) -> Disposition:
        """Send one delivery, or what is missing of it, and wait for its receipt."""
        parcel = parcel_of(delivery)
        found = self.remote.patiently(lambda: self._found_or_begun(parcel))
        held = found["state"] == "accepted"
        if found["state"] == "uploading":
            self._send(found["id"], parcel)
        told = self._decided(found["id"], parcel)
        return Disposition(delivery, receipt_from_plain(told["receipt"]), skipped=held or told["held"])

    def _found_or_begun(self, parcel: Parcel) -> Mapping[str, Any]:
        """Return the deposit of this very delivery that is under way or accepted, else a new one."""
        for known in self.remote.ask("GET", DEPOSITS).plain()["deposits"]:
            same = (known["name"], known["length"], known["fingerprint"])
            if same == (parcel.name, parcel.size, parcel.fingerprint) and known["state"] in _GOES_ON:
                return dict(known)
        words = {"filename": parcel.name, "fingerprint": parcel.fingerprint}
        if self.agreement:
            words["agreement"] = self.agreement
        announced = {
            **_TUS,
            "Upload-Length": str(parcel.size),
            "Upload-Metadata": ",".join(
                f"{key} {b64encode(word.encode()).decode()}" for key, word in words.items()
            ),
        }
        begun = self.remote.ask("POST", DEPOSITS, announced)
        return {"id": begun.headers["location"].rpartition("/")[2], "state": "uploading"}

    def _send(self, deposit: str, parcel: Parcel) -> None:
        path = f"{DEPOSITS}/{deposit}"
        known: int | None = None

        def advance() -> int:
            """Send one piece from where the upload stands; after a fault that is asked again."""
            nonlocal known
            offset, known = self._offset(path) if known is None else known, None
            if piece := parcel.read(offset, PIECE):
                offset = self._add(path, offset, piece)
            known = offset
            return offset

        done = 0
        while done < parcel.size:
            done = self.remote.patiently(advance)
            self.reporter.step(
                "send", f"{printable(parcel.name)}: {done * 100 // parcel.size} %", parcel.size
            )

    def _offset(self, path: str) -> int:
        return _whole_number(self.remote.ask("HEAD", path, _TUS).headers.get("upload-offset", ""))

    def _add(self, path: str, offset: int, piece: bytes) -> int:
        digest = b64encode(hashlib.sha256(piece).digest()).decode()
        sent = {**_OCTETS, "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}"}
        return _whole_number(self.remote.ask("PATCH", path, sent, piece).headers.get("upload-offset", ""))

    def _decided(self, deposit: str, parcel: Parcel) -> dict[str, Any]:
        """Wait until the archive has decided; its worker may be busy with others."""
        seconds = 0.5
        while True:
            told = self.remote.patiently(lambda: self.remote.ask("GET", f"{DEPOSITS}/{deposit}")).plain()
            if told["state"] in _DECIDED:
                return told
            self.reporter.step("wait", f"{printable(parcel.name)}: {told['state']}")
            self.remote.wait(seconds)
            seconds = min(seconds * 2, _LONGEST_WAIT)


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise TryAgainError("the archive did not say how far the upload has come")
    return int(text)
