"""One archive: the home directory with its rooms, made and opened here."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError, RefusedError
from oais.files import create_file, listed, make_directories, read_regular, sync_tree
from oais.information.signature import Signer, create_signer, open_signer, private_pem
from oais.information.trust_folder import trust_in
from oais.settings import FORMAT, OtherFormatError, Settings, settings_from
from policies.in_force import PoliciesInForce
from policies.loading import PolicySet, copy_shipped_policies
from policies.yaml import Scalar, Table, load_strict_yaml

Clock = Callable[[], datetime]
"""Tells the time in UTC; injected, so that tests and replays choose it."""

_ROOMS = (
    "policies/agreements",
    "keys/trusted",
    "sip/incoming",
    "sip/uploads",
    "sip/custody",
    "sip/refused",
    "staging",
    "ledger/receipts",
    "dip",
    "search_index",
)

_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An archive as an audit needs it: its rooms and trusted keys, without its rules or its signing key.

    ``warnings`` say what is wrong with it that an audit can do without.
    """

    home: Path
    settings: Settings
    clock: Clock = system_clock
    warnings: tuple[str, ...] = ()

    @property
    def aip_root(self) -> Path:
        """The OCFL storage root."""
        return self.home / "aip"

    @property
    def staging(self) -> Path:
        """Where packages are built, on the file system of ``aip_root``."""
        return self.home / "staging"

    @property
    def incoming(self) -> Path:
        """The drop folder of providers."""
        return self.home / "sip" / "incoming"

    @property
    def uploads(self) -> Path:
        """Deliveries that arrive over HTTP, in pieces."""
        return self.home / "sip" / "uploads"

    @property
    def custody(self) -> Path:
        """Deliveries being checked."""
        return self.home / "sip" / "custody"

    @property
    def refused(self) -> Path:
        """Refused deliveries, byte for byte as they came."""
        return self.home / "sip" / "refused"

    @property
    def receipts(self) -> Path:
        """Signed receipts of every delivery."""
        return self.home / "ledger" / "receipts"

    @property
    def dip_root(self) -> Path:
        """Orders being built or waiting."""
        return self.home / "dip"

    @property
    def index_root(self) -> Path:
        """Words and catalogue; may be deleted at any time."""
        return self.home / "search_index"

    def trusted_keys(self) -> dict[str, bytes]:
        """Return the public keys whose signatures count, by key id; raises DamageError, StorageError."""
        return keys_trusted_in(self.home)

    def ended_keys(self) -> dict[str, int]:
        """Return up to which size of the ledger those keys count that have ended; raises as above."""
        trust = trust_in(self.home)
        return {} if trust is None else trust.ends

    def now(self) -> str:
        """Return the present moment as the archive writes it: UTC, ISO 8601, microseconds, Z."""
        return timestamp(self.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Home):
    """An opened archive: also which rules are in force, and the key that signs."""

    in_force: PoliciesInForce
    signer: Signer

    @property
    def policies(self) -> PolicySet:
        """The policies in force at this moment; whoever needs them twice for one answer asks once."""
        return self.in_force.current()


def keys_trusted_in(home: Path) -> dict[str, bytes]:
    """Return the public keys that an archive trusts, by key id; raises DamageError, StorageError.

    What the root keys say counts; in an archive without root keys, what lies in ``keys/trusted``.
    """
    trust = trust_in(home)
    if trust is not None:
        return trust.keys
    return keys_lying_in(home)


def keys_lying_in(home: Path) -> dict[str, bytes]:
    """Return the keys in ``keys/trusted`` by key id, whether they count or not; raises StorageError."""
    with storage_errors("reading the trusted keys"):
        paths = listed(home / "keys" / "trusted", ".pem")
        return {path.stem: read_regular(path) for path in paths}


def signer_of(home: Path) -> Signer:
    """Return the key that signs; raises ConfigurationError when it cannot be loaded or has ended.

    Where a change of keys was interrupted after it was decided, that is the new one.
    """
    trust = trust_in(home)
    keys = home / "keys"
    if trust is not None and (keys / NEXT_KEY).exists():
        coming = open_signer(keys / NEXT_KEY)
        if coming.key_id in trust.keys and coming.key_id not in trust.ends:
            return coming
    signer = open_signer(keys / "archive.key")
    if trust is not None and (signer.key_id not in trust.keys or signer.key_id in trust.ends):
        raise ConfigurationError(
            f"the signing key {signer.key_id} in keys/archive.key is not one that trust/ names as in use",
            remedy="'oais keys show' tells which it is: restore it, or make a new one as docs/keys.md tells",
        )
    return signer


NEXT_KEY: Final = "archive.next.key"
"""The key that will sign when its ceremony is finished."""


def timestamp(moment: datetime) -> str:
    """Return a moment as the archive writes it; raises ValueError for one without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be recorded")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def create_archive(home: Path, *, name: str = "", signer: Signer | None = None) -> Archive:
    """Make a new archive in an empty or missing directory.

    Raises RefusedError when something is there already, StorageError when the disk refuses.
    """
    if home.is_file() or (home.is_dir() and any(home.iterdir())):
        raise RefusedError(
            f"{home} is not empty; an archive is made in an empty or missing directory",
            remedy="name another directory, or open the archive that is there",
        )
    with storage_errors(f"making the archive {home}"):
        for room in _ROOMS:
            make_directories(home / room)
        copy_shipped_policies(home / "policies")
        _write_keys(home / "keys", signer or create_signer())
        create_file(home / "oais.yaml", _settings_text(name or Settings().name).encode())
        sync_tree(home)
    return open_archive(home)


def _settings_text(name: str) -> str:
    quoted = name.replace("'", "''")
    return (
        "# The settings of this archive; docs/settings.md explains each of them.\n"
        f"format: {FORMAT}\nname: '{quoted}'\n"
    )


def _write_keys(keys: Path, signer: Signer) -> None:
    create_file(keys / "archive.key", private_pem(signer), mode=0o600)
    create_file(keys / "archive.pub", signer.public_pem)
    create_file(keys / "trusted" / f"{signer.key_id}.pem", signer.public_pem)


def _plain(table: Table) -> dict[str, str]:
    """Return the settings as texts; a nested value is shown as what it is, and so refused."""
    return {
        key: value.text if isinstance(value, Scalar) else f"a {type(value).__name__.lower()}"
        for key, value in table.entries.items()
    }


def open_home(home: Path, *, clock: Clock = system_clock) -> Home:
    """Open what an audit needs, and make nothing; raises ConfigurationError.

    Broken agreements, broken settings or a lost signing key must not keep anybody from proving what is
    stored. With a fault in oais.yaml the defaults count, and a warning says so; only another format is
    refused, since what lies there may then mean something else.
    """
    text = _settings_bytes(home)
    try:
        return Home(home=home.resolve(), settings=_settings_in(text), clock=clock)
    except OtherFormatError:
        raise
    except ConfigurationError as fault:
        warning = f"{fault.message}\nuntil it is mended the defaults count"
        return Home(home=home.resolve(), settings=Settings(), clock=clock, warnings=(warning,))


def _settings_bytes(home: Path) -> bytes:
    try:
        return read_regular(home / "oais.yaml")
    except OSError as error:
        raise ConfigurationError(
            f"{home} is not an archive: oais.yaml cannot be read ({error.strerror})",
            remedy="make one with 'oais init HOME', or name the right directory with --home",
        ) from error


def _settings_in(text: bytes) -> Settings:
    return settings_from(_plain(load_strict_yaml(text, "oais.yaml")), "oais.yaml")


def open_archive(home: Path, *, clock: Clock = system_clock, ruled: bool = True) -> Archive:
    """Open the archive in ``home``; raises ConfigurationError naming what is missing or wrong.

    What must be possible without valid policies is not ``ruled``: everything is denied then.
    """
    settings = _settings_in(_settings_bytes(home))
    _make_rooms(home)
    return Archive(
        home=home.resolve(),
        settings=settings,
        clock=clock,
        in_force=PoliciesInForce(home / "policies", required=ruled),
        signer=signer_of(home),
    )


def _make_rooms(home: Path) -> None:
    """Make the rooms that are missing; where nothing may be written, the archive is open for reading."""
    with storage_errors(f"making the rooms of {home}"):
        for room in _ROOMS:
            try:
                make_directories(home / room)
            except OSError as error:
                if error.errno not in _NOT_WRITABLE:
                    raise
