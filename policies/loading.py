"""All policies of an archive at once: agreements, access rules and the tree they make."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from oais.errors import NotFoundError
from oais.files import read_regular
from oais.information.findings import Finding, finding
from policies.access_rules import AccessPolicy, check_access
from policies.access_yaml import parse_access
from policies.agreement import Agreement, read_agreements
from policies.references import NOTHING_REFERRED, REFERENCES_FILE, Referred, parse_references
from policies.tree import Tree
from policies.yaml import Fault, configuration_error

ACCESS_FILE = "access.yaml"
AGREEMENTS = "agreements"


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies in force, read together and never changed.

    ``digests`` has the sha256 of each file by its path relative to the policies' folder
    (``access.yaml``, ``agreements/<name>.yaml``): PREMIS rights say which text was in force.
    """

    agreements: Mapping[str, Agreement]
    access: AccessPolicy
    tree: Tree
    digests: Mapping[str, str]
    referred: Referred = NOTHING_REFERRED

    @property
    def nothing_allowed(self) -> bool:
        """Whether these are no policies at all: whatever is asked is denied."""
        return not self.digests

    @property
    def digest(self) -> str:
        """The sha256 over all files' names and digests: another one says that other policies are in force."""
        listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.digests.items()))
        return hashlib.sha256(listing.encode()).hexdigest()

    def agreement(self, name: str) -> Agreement:
        """Return an agreement by its name; raises NotFoundError naming those there are."""
        found = self.agreements.get(name)
        if found is None:
            known = ", ".join(sorted(self.agreements))
            raise NotFoundError(f"there is no agreement {name!r}", remedy=f"take one of {known}")
        return found


def deny_all() -> PolicySet:
    """Return what counts where no policy does: no agreement, no place, and everything denied."""
    access = AccessPolicy({}, ())
    return PolicySet({}, access, Tree((), access), {})


def load_policies(directory: Path) -> PolicySet:
    """Read ``access.yaml``, ``agreements/*.yaml`` and ``references.yaml``, which need not be there.

    Raises ConfigurationError listing every fault.

    A site without valid policies does not start; one that runs keeps the set it has.
    """
    policies, faults = _read_policies(directory)
    if policies is None:
        raise configuration_error(faults)
    return policies


def reload_policies(current: PolicySet, directory: Path) -> tuple[PolicySet, tuple[Finding, ...]]:
    """Read the policies again; what is faulty changes nothing: ``current`` stays in force."""
    policies, faults = _read_policies(directory)
    return policies or current, tuple(_finding(fault) for fault in faults)


def check_policies(directory: Path) -> tuple[Finding, ...]:
    """Return every fault of the policies in a folder as a finding; an empty answer means they can be used."""
    return tuple(_finding(fault) for fault in _read_policies(directory)[1])


def _finding(fault: Fault) -> Finding:
    path = f"{fault.source}:{fault.line}" if fault.line else fault.source
    message = f"found {fault.found}, expected {fault.expected}"
    return finding("POL-001", path, message, remedy=fault.remedy or None)


def _read_policies(directory: Path) -> tuple[PolicySet | None, list[Fault]]:
    faults: list[Fault] = []
    agreements = read_agreements(directory / AGREEMENTS, faults)
    data = _read_access(directory / ACCESS_FILE, faults)
    access = parse_access(data, ACCESS_FILE, faults) if data is not None else None
    if access is not None:
        access = access.with_agreements(agreements.values())
        _check_policy_names(access, agreements, faults)
    others = _read_optional(directory / REFERENCES_FILE, faults)
    referred = parse_references(others, faults) if others is not None else NOTHING_REFERRED
    if access is None or data is None or faults:
        return None, faults
    tree = Tree(agreements.values(), access)
    check_access(access, [node.path for node in tree.nodes()], ACCESS_FILE, faults)
    digests = {f"{AGREEMENTS}/{found.source}": found.digest for found in agreements.values()}
    digests[ACCESS_FILE] = hashlib.sha256(data).hexdigest()
    if others is not None:
        digests[REFERENCES_FILE] = hashlib.sha256(others).hexdigest()
    return (None if faults else PolicySet(agreements, access, tree, digests, referred)), faults


def copy_shipped_policies(directory: Path) -> tuple[Path, ...]:
    """Write the policies that come with the software below ``directory``; return the files written.

    What is there already is left alone: policies in force belong to the archivist.
    """
    shipped = resources.files("policies") / "shipped"
    written = []
    (directory / AGREEMENTS).mkdir(parents=True, exist_ok=True)
    files = [(ACCESS_FILE, shipped / ACCESS_FILE)]
    files += [(f"{AGREEMENTS}/{item.name}", item) for item in (shipped / AGREEMENTS).iterdir()]
    for name, item in sorted(files, key=lambda pair: pair[0]):
        target = directory / name
        if name.endswith(".yaml") and not target.exists():
            target.write_bytes(item.read_bytes())
            written.append(target)
    return tuple(written)


def _read_access(path: Path, faults: list[Fault]) -> bytes | None:
    try:
        return read_regular(path)
    except OSError as error:
        faults.append(Fault(path.name, 0, f"{error.strerror}", "a file that can be read"))
        return None


def _read_optional(path: Path, faults: list[Fault]) -> bytes | None:
    return _read_access(path, faults) if path.exists() else None


def _check_policy_names(
    access: AccessPolicy, agreements: Mapping[str, Agreement], faults: list[Fault]
) -> None:
    for agreement in agreements.values():
        if agreement.access_policy not in access.policies:
            known = ", ".join(sorted(access.policies))
            faults.append(
                Fault(agreement.source, 0, f"access_policy {agreement.access_policy!r}", f"one of {known}")
            )
