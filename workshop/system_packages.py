"""Programs of the system that tests use as second opinions, and how they are got."""

import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program that tests call: its possible names, its Debian package, what needs it.

    ``beside`` is a pattern of folders where Debian keeps it that are not on PATH.
    """

    names: tuple[str, ...]
    package: str
    needed_for: str
    beside: str = ""

    def is_here(self) -> bool:
        """Whether any of its names is on PATH or beside it."""
        return any(find_program(name, self.beside) for name in self.names)


POSTGRESQL = "/usr/lib/postgresql/*/bin"
"""Debian keeps the programs of each version of the server in a folder of its own."""

PROGRAMS = (
    Program(("git",), "git", "comparing SWHIDs with git write-tree"),
    Program(("openssl",), "openssl", "verifying signatures"),
    Program(("sha512sum",), "coreutils", "verifying a DIP's manifest"),
    Program(("pg_ctl",), "postgresql", "running the database's tests on PostgreSQL", POSTGRESQL),
    Program(("chromium", "chromium-browser"), "chromium", "looking at the site in a browser"),
)


def find_program(name: str, beside: str = "") -> str | None:
    """Return the path of a program on PATH or, the newest first, in the folders of a pattern."""
    folders = sorted(glob.glob(beside), key=os.path.getmtime, reverse=True) if beside else []
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))


def missing_programs() -> list[Program]:
    """Install what is missing where that is possible, and give back what is missing still."""
    missing = [program for program in PROGRAMS if not program.is_here()]
    if missing and install_with_apt([program.package for program in missing]):
        missing = [program for program in missing if not program.is_here()]
    return missing


def install_with_apt(packages: list[str]) -> bool:
    """Install Debian packages when we are root and there is an apt-get; say whether it worked."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    sys.stderr.write(f"apt-get install {' '.join(packages)} …\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ["-qq", "-y", "--no-install-recommends"]
    for command in ([apt, "-qq", "update"], [apt, *options, "install", *packages]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write("\n".join(done.stderr.strip().splitlines()[-5:]) + "\n")
    return done.returncode == 0
