"""What an operator may set in ``oais.yaml``: each setting with its default and the reason it exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from oais.errors import ConfigurationError

FORMAT = 1
"""The number of the format of an archive on disk; see docs/format.md."""


class OtherFormatError(ConfigurationError):
    """The archive is kept in a format that this software does not read."""


def _setting(default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"help": explanation})


class SignUp(StrEnum):
    """How people come to an account."""

    CLOSED = "closed"
    MODERATED = "moderated"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one archive; every field is a key of ``oais.yaml``."""

    format: int = _setting(FORMAT, "Number of the format on disk; written by init, never changed by hand.")
    name: str = _setting("Mission archive", "Name of the archive as people read it on the pages.")
    welcome: str = _setting(
        "Data of space missions, kept as they were sent, proven unchanged, free to look at.",
        "What stands below the name on the first page.",
    )
    colour: str = _setting(
        "", "Colour of links and marks on the pages, such as '#2b4a9b'; empty: the software's own."
    )
    base_url: str = _setting("http://127.0.0.1:8000", "Address of the site; all links are made from it.")
    contact: str = _setting("", "Address shown to people who need help.")
    database: str = _setting(
        "",
        "Address of the database of people and orders, such as postgresql+psycopg://oais@db.example/oais; "
        "empty means oais.sqlite in the archive's home.",
    )
    trusted_proxy: str = _setting(
        "", "Address of the web server in front, whose X-Forwarded-For is believed; empty: of none."
    )
    requests_per_minute: int = _setting(
        600, "Requests that programs, or forms, may send in a minute from one place; 0 sets no limit."
    )
    packages_per_minute: int = _setting(
        60, "Packages made while they are sent, and selections, asked for in a minute from one place; 0: any."
    )
    packages_at_once: int = _setting(
        8, "Packages and selections prepared at one time in all, until their first byte; 0 sets no limit."
    )
    packages_at_once_each: int = _setting(
        2, "Packages and selections prepared at one time for one place; 0 sets no limit."
    )
    sign_up: SignUp = _setting(  # noqa: RUF009 - it makes a field
        SignUp.MODERATED,
        "How people come to an account: closed (only by import of a proposal list), moderated "
        "(an administrator approves each), open (a confirmed address is enough).",
    )
    logins_per_minute: int = _setting(
        30, "Attempts to log in, and wrong credentials, taken in a minute from one place; 0 sets no limit."
    )
    max_delivery_bytes: int = _setting(
        200 * 10**9, "Largest delivery taken into custody, in bytes; a larger one is refused unread."
    )
    max_delivery_files: int = _setting(1_000_000, "Largest number of files in one delivery.")
    deposit_quota_bytes: int = _setting(
        10**12, "Bytes that the deposits of one account, not yet ingested, may have together."
    )
    uploads_at_once: int = _setting(
        20, "Uploads of one account that may be open, begun and not whole, at a time; 0 sets no limit."
    )
    deposit_expiry_hours: int = _setting(
        72, "Hours without a new byte after which an unfinished upload is removed."
    )
    max_aip_files: int = _setting(10_000, "Largest number of files in one AIP (larger sets are collections).")
    workers: int = _setting(0, "Processes for hashing and ingest; 0 means one for each core.")
    audit_by_worker: bool = _setting(True, "Whether the worker (`oais work`) audits what is due by itself.")
    audit_light_days: int = _setting(
        1, "Days after which the worker compares names and sizes of an AIP again; 0: never by itself."
    )
    audit_fast_days: int = _setting(
        1, "Days after which the worker reads every byte of an AIP again and proves its BLAKE3; 0: never."
    )
    audit_full_days: int = _setting(
        90, "Days after which the worker proves the sha512 of every byte of an AIP again; 0: never."
    )
    audit_index_days: int = _setting(
        7, "Days after which the worker compares the index with what is stored again; 0: never by itself."
    )
    audit_record_days: int = _setting(
        30,
        "Days of sound audits that one line in the logs of an AIP stands for; 0 writes a line for each. "
        "Damage is always a line of its own.",
    )
    audit_bytes_per_second: int = _setting(
        0, "Bytes that audits by the worker read in a second, all its processes together; 0 sets no limit."
    )
    quicklook_bytes: int = _setting(
        10 * 10**9,
        "Bytes that the worker's quick-looks may take; those that nobody looked at for the longest time go "
        "first. 0: none are made.",
    )
    quicklook_pieces: int = _setting(
        60, "Pieces of 1 h, of 6 h and of 24 h of a time series that the worker draws beforehand; 0: none."
    )
    timestamp_authority: str = _setting(
        "",
        "Who stamps published checkpoints with the time (RFC 3161): the address of an authority, or a "
        "command that reads a query and writes the reply; empty: nobody.",
    )
    timestamp_certificates: str = _setting(
        "", "File with the authority's root certificates (PEM), seen from the archive's home."
    )
    names_file: str = _setting(
        "",
        "File with names of targets and their positions (CSV with the columns name, ra, dec), seen from the "
        "archive's home; asked for names that nothing held has. Empty: none.",
    )
    name_service: str = _setting(
        "",
        "Address of a service that resolves names as Sesame does, asked for names that neither the archive "
        "nor its file knows; the name is put after a `?`. What people type is told to it. Empty: nobody is.",
    )
    keep_refused: bool = _setting(True, "Keep the bytes of refused deliveries in sip/refused.")
    withdrawal_days: int = _setting(
        14, "Days in which a second archivist may approve that an AIP is withdrawn."
    )
    codes_per_address: int = _setting(3, "Access codes mailed to one address in an hour.")
    codes_per_network: int = _setting(20, "Access codes asked from one network (/24, /56) in an hour.")
    codes_per_hour: int = _setting(500, "Access codes mailed in an hour in all.")
    embargo_notice_days: int = _setting(
        30, "Days before an embargo ends that the owners are told; 0 means not at all."
    )
    mail_from: str = _setting("", "Sender of every mail, needed for smtp; answers to it are not read.")
    mail_transport: str = _setting("maildir", "Where mail goes: maildir (the folder mail/) or smtp.")
    smtp_host: str = _setting("", "Name of the mail server.")
    smtp_port: int = _setting(587, "Port of the mail server.")
    smtp_security: str = _setting(
        "starttls", "How the connection is encrypted: starttls, tls (from the first byte) or none."
    )
    smtp_user: str = _setting("", "Name to log in with; empty means without login.")
    smtp_password_file: str = _setting(
        "keys/smtp.password", "File with that user's password, seen from the archive's home."
    )

    direct_limit_bytes: int = _setting(
        10**9, "Largest package sent at once while it is made, in bytes; a larger one is ordered."
    )
    package_limit_bytes: int = _setting(
        40 * 10**9, "Largest package of an order, in bytes of its files; a larger order comes in several."
    )
    order_limit_bytes: int = _setting(
        400 * 10**9, "Largest order, in bytes of its files; a larger one is refused with its size."
    )
    orders_held: int = _setting(
        50,
        "Orders that wait to be built or fetched, of one account, or of a network without; 0: any.",
    )
    orders_held_bytes: int = _setting(800 * 10**9, "Bytes of those orders; 0 sets no limit.")
    strangers_held_bytes: int = _setting(
        10**12, "Bytes of all orders placed without an account that wait to be built or fetched; 0: any."
    )
    order_days: int = _setting(3, "Days that the packages of an order wait to be fetched.")

    def reached_at(self, address: str) -> Settings:
        """Return these settings with the address that is served, where no other was configured."""
        return replace(self, base_url=address) if self.base_url == Settings().base_url else self


def settings_table() -> list[tuple[str, object, str]]:
    """Return name, default and explanation of every setting, as the documentation shows them."""
    return [(item.name, item.default, item.metadata["help"]) for item in fields(Settings)]


def settings_from(plain: Mapping[str, str], source: str) -> Settings:
    """Read settings from strings.

    Raises ConfigurationError that lists every fault at once, and OtherFormatError before any of them:
    another format may have other settings.
    """
    _require_format(plain.get("format", ""), source)
    known = {item.name: item for item in fields(Settings)}
    faults, values = [], {}
    for key, text in plain.items():
        if key not in known:
            faults.append(f"{source}: {key!r} is not a setting; known are {', '.join(known)}")
            continue
        kind = type(known[key].default)
        try:
            values[key] = _READERS[kind](text)
        except (ValueError, KeyError):
            faults.append(f"{source}: {key} is {text!r}, expected {_EXPECTED[kind]}")
    if "format" not in plain:
        faults.append(f"{source}: format is missing, this software reads format {FORMAT}")
    if faults:
        raise ConfigurationError("\n".join(faults), remedy=f"mend {source} and try again")
    return Settings(**values)


def _require_format(text: str, source: str) -> None:
    if text.isascii() and text.isdigit() and text != str(FORMAT):
        raise OtherFormatError(
            f"{source}: format is {text}, this software reads format {FORMAT}",
            remedy="use the release of this software that reads it",
        )


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


_READERS: Mapping[type, Callable[[str], Any]] = {
    int: _whole_number,
    str: str,
    bool: {"true": True, "false": False}.__getitem__,
    SignUp: SignUp,
}
_EXPECTED = {int: "a whole number", str: "text", bool: "true or false", SignUp: ", ".join(SignUp)}
