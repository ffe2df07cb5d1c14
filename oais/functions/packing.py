"""``oais pack``: finds the agreement a provider names and makes the bag."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from oais.archive import open_archive, system_clock
from oais.errors import NotFoundError, WrongUsageError
from oais.information.representation.inspection import Inspector
from oais.information.text import printable
from policies.agreement import load_agreement
from policies.loading import PolicySet, load_policies
from policies.terms import Agreement
from sip.pack import Label, pack


def pack_folder(
    home: Path,
    folder: Path,
    agreement: str,
    target: Path,
    *,
    identifier: str = "",
    group: str = "",
    organization: str = "",
    email: str = "",
) -> Path:
    """Make a bag of a folder; a provider without an archive uses the shipped agreements or a file's.

    A tag that is not given is filled from the products' headers or from the agreement.

    Raises NotFoundError, WrongUsageError, or PackRefusedError with everything that stands against it.
    """
    found = find_agreement(home, agreement)
    if folder.is_dir() and target.resolve().is_relative_to(folder.resolve()):
        raise WrongUsageError(
            f"{target} lies inside {folder}: the bag would contain itself",
            remedy="name a place outside it with --to",
        )
    label = Label(identifier, group, organization, email)
    with Inspector() as inspector:
        return pack(folder, found, target, label=label, now=system_clock(), inspect=inspector.inspect)


def find_agreement(home: Path, name: str) -> Agreement:
    """Return the agreement of that name, or of that YAML file; raises NotFoundError or ConfigurationError."""
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise NotFoundError(f"there is no agreement file {printable(name)}")
        return load_agreement(path)
    return policies_of(home).agreement(name)


def policies_of(home: Path) -> PolicySet:
    """Return the policies of the archive in ``home``, or the shipped ones where there is no archive."""
    if (home / "oais.yaml").exists():
        return open_archive(home).policies
    return load_policies(Path(str(resources.files("policies"))) / "shipped")
