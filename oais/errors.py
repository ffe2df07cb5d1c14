"""Faults that stop us, in one tree whose classes carry exit code and HTTP status.

A fault in a producer's data is not here: that is a ``Finding`` (see ``oais.information.findings``).
"""

from __future__ import annotations

import errno
import tempfile
import traceback
from typing import ClassVar


class ArchiveError(Exception):
    """Something stopped us; the message names the thing, what was found and what was expected."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class WrongUsageError(ArchiveError):
    """The question itself is wrong: an unknown option, a malformed name, a bad range."""

    exit_code = 2
    http_status = 400


class InvalidError(WrongUsageError):
    """What was entered breaks a rule: a password, an address, a date, a name that is taken."""

    http_status = 422


class UnauthenticatedError(ArchiveError):
    """Who asks is not known: a wrong password, an ended session, a revoked token."""

    exit_code = 1
    http_status = 401


class BusyError(ArchiveError):
    """Too much is asked at once; ``retry_after`` seconds later there may be room."""

    exit_code = 4
    http_status = 429

    def __init__(self, message: str, *, remedy: str = "", retry_after: int) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class NotFoundError(ArchiveError):
    """No such AIP, version, product, node or receipt (or none that may be seen)."""

    exit_code = 2
    http_status = 404


class ConfigurationError(ArchiveError):
    """The archive's own settings, policies or agreements cannot be used."""

    exit_code = 2
    http_status = 500


class UnreachableError(ConfigurationError):
    """What the settings name is not there, or does not answer."""


class RefusedError(ArchiveError):
    """A rule of the archive forbids what was asked."""

    exit_code = 1
    http_status = 403


class DamageError(ArchiveError):
    """Stored bytes are not what was sealed."""

    exit_code = 3
    http_status = 500


class StorageError(ArchiveError):
    """The disk did not do what was asked: no space, read-only, I/O error, lost lock."""

    exit_code = 4
    http_status = 503


class InUseError(StorageError):
    """Another process has it; nothing is wrong with the disk."""


def as_fault(error: Exception) -> ArchiveError:
    """Return what stopped us as a fault that can be told; of a defect of ours the trace goes to a file."""
    if isinstance(error, ArchiveError):
        return error
    if isinstance(error, MemoryError):
        return StorageError(
            "not enough memory for this", remedy="nothing half done was kept; try a smaller one"
        )
    if isinstance(error, OSError) and error.errno is not None:
        return _fault_of_system(error)
    if isinstance(error, UnicodeEncodeError):
        return WrongUsageError(f"{error.object[:80]!r} holds bytes that are not UTF-8; expected text")
    with tempfile.NamedTemporaryFile("w", prefix="oais-defect-", suffix=".txt", delete=False) as report:
        report.write("".join(traceback.format_exception(error)))
    return StorageError(
        f"the software itself failed ({type(error).__name__}); nothing half done was kept",
        remedy=f"report it with the file {report.name}",
    )


def _fault_of_system(error: OSError) -> ArchiveError:
    what = f"{str(error.filename)[:200]!r}: {error.strerror}" if error.filename else str(error.strerror)
    if error.errno == errno.ENAMETOOLONG:
        return WrongUsageError("a path is longer than any disk takes", remedy="name a shorter one")
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}:
        return WrongUsageError(what, remedy="name something that is there")
    return StorageError(what, remedy="nothing half done was kept; see that the disk can be read and written")
