"""What a sender is told: how his deposits stand, and the receipt, on a page, over the API and by mail."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from oais.archive import timestamp
from oais.database import deposits
from oais.database.deposits import Deposit
from oais.functions.deposit.uploads import expiry_of, own_deposit
from oais.functions.mailing.queueing import link
from oais.functions.receipts import open_receipt, receipt_as_plain
from oais.functions.service import Service
from oais.information.findings import Finding, Severity, worst_first
from oais.information.packages import Receipt
from oais.mail import Letter, Subject, parse_address
from oais.mail.address import AddressError
from policies.principals import Principal

_MOST_SHOWN: Final = 500
_MOST_IN_MAIL: Final = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How one deposit stands: its row, when it ends if nothing is added, and its receipt, if it has one."""

    deposit: Deposit
    expires_at: str
    receipt: Receipt | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The receipt's findings, worst first."""
        return worst_first(self.receipt.findings) if self.receipt else ()

    def as_plain(self) -> dict[str, Any]:
        """Return what the API tells."""
        deposit = self.deposit
        return {
            "id": deposit.identifier,
            "name": deposit.name,
            "state": str(deposit.state),
            "length": deposit.length,
            "offset": deposit.offset,
            "fingerprint": deposit.fingerprint,
            "created_at": deposit.created_at,
            "changed_at": deposit.changed_at,
            "expires_at": self.expires_at,
            "held": deposit.held,
            "receipt": receipt_as_plain(self.receipt) if self.receipt else None,
        }


def standing_of(service: Service, principal: Principal, identifier: str) -> Standing:
    """Return how a sender's own deposit stands; raises NotFoundError, DamageError for its receipt."""
    deposit = own_deposit(service, principal, identifier)
    receipt = open_receipt(service.archive, deposit.receipt) if deposit.receipt else None
    return Standing(deposit, _expiry(service, deposit), receipt)


def standings_of(service: Service, principal: Principal) -> list[Standing]:
    """Return how a sender's newest deposits stand, the newest first, their receipts left out."""
    with service.database.reading() as connection:
        found = deposits.of_person(connection, principal.identifier, most=_MOST_SHOWN)
    return [Standing(deposit, _expiry(service, deposit), None) for deposit in found]


def _expiry(service: Service, deposit: Deposit) -> str:
    ends = expiry_of(service, deposit)
    return timestamp(ends) if ends else ""


def letter_of(service: Service, deposit: Deposit, receipt: Receipt, email: str) -> Letter | None:
    """Return the letter with the outcome, every finding with its remedy; None without a usable address."""
    with suppress(AddressError):
        standing = Standing(deposit, "", receipt)
        return Letter(parse_address(email), Subject.RECEIPT, "\n".join(_lines(service, standing, receipt)))
    return None


def _lines(service: Service, standing: Standing, receipt: Receipt) -> list[str]:
    refused = receipt.status == "refused"
    outcome = "was refused" if refused else f"is in the archive as {receipt.aip_id}@v{receipt.version}"
    lines = [f"Your delivery {standing.deposit.name} {outcome}.", "", f"Receipt: {receipt.receipt_id}"]
    lines.append(f"Details: {link(service, f'/me/deposits/{standing.deposit.identifier}')}")
    worth_telling = [found for found in standing.findings if found.severity is not Severity.INFO]
    if worth_telling:
        lines += ["", "Findings:"]
    for found in islice(worth_telling, _MOST_IN_MAIL):
        lines.append(f"- {found.severity} {found.code} {found.path}: {found.message}")
        lines += [f"  What to do: {found.remedy}"] if found.remedy else []
    if len(worth_telling) > _MOST_IN_MAIL:
        lines.append(f"- and {len(worth_telling) - _MOST_IN_MAIL} more, on the page above")
    return lines
