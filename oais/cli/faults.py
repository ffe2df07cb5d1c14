"""Where every command ends: what stopped it becomes a message, a remedy and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import typer
from rich.text import Text

from oais.cli.terminal import err, print_json
from oais.errors import ArchiveError, StorageError, WrongUsageError, as_fault

STOPPED = 130
"""The exit code of a command that was asked to end (128 + SIGINT)."""


def run_and_explain(command: Callable[[], object], *, as_json: bool) -> int:
    """Run a command and return its exit code; with ``as_json`` a fault is told as one JSON object too."""
    try:
        command()
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except BrokenPipeError:
        _let_go_of_output()
    except typer.Exit as ended:
        return _stopped() if ended.exit_code == STOPPED else ended.exit_code
    except Exception as error:  # noqa: BLE001 - a defect of ours is told in words too; its trace goes to a file
        return explain(error, as_json=as_json)
    return 0


def _stopped() -> int:
    err.print("stopped; what was done is kept, nothing is half done")
    return STOPPED


def _let_go_of_output() -> None:
    """Send what is still to be written nowhere, or Python complains of it at its very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explain(error: Exception, *, as_json: bool) -> int:
    """Print what stopped us and what to do; return the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(f"{error}\n")
        return WrongUsageError.exit_code
    fault = _as_fault(error)
    if as_json and not _lost_output(error):
        print_json({"error": fault.message, "remedy": fault.remedy, "exit_code": fault.exit_code})
    for line in fault.message.splitlines():
        err.print(Text.assemble(("error  ", "bold red"), line), soft_wrap=True)
    if fault.remedy:
        err.print(Text(f"       → {fault.remedy}", style="dim"), soft_wrap=True)
    if _lost_output(error):
        _let_go_of_output()
    return fault.exit_code


def _lost_output(error: Exception) -> bool:
    """Return whether the answer itself could not be written (a full disk behind the output)."""
    return isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None


def _as_fault(error: Exception) -> ArchiveError:
    if isinstance(error, typer.TyperException):
        said = getattr(error, "format_message", error.__str__)()
        return WrongUsageError(said, remedy="the command's --help tells what it takes")
    if _lost_output(error):
        return StorageError("the answer cannot be written: no space left", remedy="send it somewhere else")
    return as_fault(error)
