"""A part of ``verify.py``: the command line."""

import argparse
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence

from oais.information.reader.bag import SEAL_KEY, Bag
from oais.information.reader.ed25519 import UNCHECKED, raw_key, unchecked_in_words
from oais.information.reader.folder import small_file
from oais.information.reader.head import StopError, reason, say
from oais.information.reader.ledger import Ledger
from oais.information.reader.ocfl_object import DECLARATION, INVENTORY, Aip
from oais.information.reader.storage_root import ROOT, aips_in, folder_of, verify_receipts, verify_root
from oais.information.reader.trust import trust_beside
from oais.information.reader.withdrawals import Withdrawn

# -- The command ----------------------------------------------------------------------------------------

KINDS = (
    ("storage root", (ROOT, "ocfl_layout.json", "extensions")),
    ("AIP", (DECLARATION, INVENTORY)),
    ("delivery", ("bagit.txt", "manifest-sha512.txt")),
)
PEM_END = b"-----END PUBLIC KEY-----\n"
LEDGER = ("origin", "checkpoint", "checkpoints", "tile")
USAGE = "verify.py [verify [ID ...] | list [ID] | extract ID FOLDER] [--at PLACE] [--key FILE] [--root FILE]"


def kind_of(place: str) -> str:
    """Return what lies at a place; raises StopError."""
    for kind, names in KINDS:
        if any(os.path.lexists(os.path.join(place, name)) for name in names):
            return kind
    raise StopError(2, f"{place} is no storage root, no AIP and no delivery; name one with --at")


def lying_keys(place: str, kind: str) -> "list[str]":
    """Return the keys that lie beside what is to be verified."""
    lying = {"storage root": "archive.pub.pem", "AIP": "", "delivery": SEAL_KEY}[kind]
    paths = [os.path.join(place, lying)] if lying else []
    beside = os.path.join(place, os.pardir, "keys", "trusted")
    if kind == "storage root" and os.path.isdir(beside):
        paths += [os.path.join(beside, name) for name in sorted(os.listdir(beside))]
    return [path for path in paths if os.path.lexists(path)]


def trusted_keys(
    place: str, kind: str, named: "list[str]", root: str = "", ends: "dict[bytes, int] | None" = None
) -> "list[bytes]":
    """Return the keys whose signatures count, and say which they are; raises StopError.

    Those that have ended are put into ``ends``. A ``root`` that was kept must be in the line beside.
    """
    trust = trust_beside(place) if kind == "storage root" and not named else None
    if trust is None:
        if root:
            raise StopError(2, f"no trust/ lies beside {place} in which {root} could be")
        return lone_keys(place, kind, named)
    if root:
        trust.require(small_file(os.path.realpath(root)), root)
    trust.tell()
    if not root:
        say("         it lies beside what it proves: compare root.1.json with a copy, or use --root")
    if ends is not None:
        ends.update(trust.ends)
    return trust.keys


def lone_keys(place: str, kind: str, named: "list[str]") -> "list[bytes]":
    """Return the keys that are named, or lie beside what is to be verified; raises StopError."""
    keys: list[bytes] = []
    for path in map(os.path.realpath, named) if named else lying_keys(place, kind):
        try:
            pems = small_file(path).split(PEM_END)
        except OSError as error:
            raise StopError(2, f"the key {path} cannot be read: {reason(error)}") from error
        found = [pem + PEM_END for pem in (each.lstrip() for each in pems[:-1]) if raw_key(pem + PEM_END)]
        if named and not found:
            raise StopError(2, f"{path} is no Ed25519 public key in PEM")
        if not found:
            say(f"no key   {path} is no Ed25519 public key; name the copy kept elsewhere with --key")
        for pem in found:
            if pem not in keys:
                keys.append(pem)
                say(f"key      {hashlib.sha256(raw_key(pem)).hexdigest()[:16]}  {path}")
    if keys and not named:
        say("         it lies beside what it proves: compare it with a copy from elsewhere, or use --key")
    if not keys:
        say("no key   SIGNATURES ARE NOT CHECKED; name the archive's public key with --key")
    return keys


def tell(name: str, faults: "dict[str, str]", good: str, notes: "Sequence[str]" = ()) -> None:
    """Print the verdict on one thing; what is not checked is not called whole."""
    whole = "UNSURE " if any("NOT CHECKED" in note for note in notes) else "whole  "
    say(f"DAMAGED  {name}" if faults else f"{whole}  {name}  {good}")
    for path in sorted(faults):
        say(f"         {path}: {faults[path]}")
    for note in notes:
        say(f"         note: {note}")


def verify(
    place: str,
    kind: str,
    wanted: "list[str]",
    keys: "list[bytes]",
    ends: "dict[bytes, int]",
    named: bool = False,
) -> int:
    """Verify and return the exit code."""
    if kind == "delivery":
        bag = Bag(place, keys, named)
        bag.verify()
        good = f"{len(bag.disk.files)} files, {bag.disk.read_bytes} bytes read"
        tell(place, bag.faults, good, bag.notes)
        return ending(bool(bag.faults))
    around: dict[str, str] = {}
    damaged = unsure = count = size = 0
    for folder in folders(place, kind, wanted, around):
        aip = opened(folder, keys)
        aip.verify()
        count, damaged, size = count + 1, damaged + bool(aip.faults), size + aip.disk.read_bytes
        unsure += not aip.faults and any("NOT CHECKED" in note for note in aip.notes)
        tell(aip.aip_id, aip.faults, f"v{aip.newest}, {len(aip.disk.files)} files", sorted(aip.notes))
    if kind == "storage root" and not wanted:
        verify_root(place, around)
        withdrawn = Withdrawn(place, keys, around)
        receipts = verify_receipts(place, keys, around, withdrawn)
        told = f"nothing that the {receipts} receipts say was accepted is missing"
        if receipts < 0:
            told = "no receipts lie beside it: an AIP that is gone altogether is not missed"
        notes = [f"{aip_id} was withdrawn at {withdrawn.gone[aip_id]}" for aip_id in sorted(withdrawn.gone)]
        tell("storage root", around, told, notes)
        around.update(verify_ledger(place, keys, withdrawn, ends))
    left = f"{damaged} damaged" + (f", {unsure} not checked" if unsure else "")
    say(f"{count} AIPs, {count - damaged - unsure} whole, {left}, {size} bytes read")
    return ending(bool(damaged or around))


def ending(damaged: bool) -> int:
    """Return the exit code, and say what could not be checked: it is neither damaged nor proven."""
    if UNCHECKED:
        say(unchecked_in_words())
    return 3 if damaged else 5 if UNCHECKED else 0


def verify_ledger(
    place: str, keys: "list[bytes]", withdrawn: Withdrawn, ends: "dict[bytes, int]"
) -> "dict[str, str]":
    """Verify the ledger beside a storage root, where there is one; return what is wrong."""
    if not any(os.path.lexists(os.path.join(place, os.pardir, "ledger", name)) for name in LEDGER):
        say("         no ledger lies beside it: what was promised and when is not proven")
        return {}
    ledger, before = Ledger(place, keys, withdrawn, ends), len(UNCHECKED)
    ledger.verify()
    notes = ["who signed its heads is NOT CHECKED"] if len(UNCHECKED) > before else []
    good = f"{ledger.size} entries; compare its head with a copy kept elsewhere"
    tell("ledger", ledger.faults, good, notes)
    return ledger.faults


def opened(folder: str, keys: "list[bytes]") -> Aip:
    """Return an AIP; raises StopError when its folder cannot be listed."""
    try:
        return Aip(folder, keys)
    except OSError as error:
        raise StopError(4, f"{folder} cannot be read: {reason(error)}") from error


def folders(place: str, kind: str, wanted: "list[str]", faults: "dict[str, str]") -> "Iterator[str]":
    """Yield the folders of the AIPs wanted, of all when none is named."""
    if kind == "AIP":
        yield place
    elif wanted:
        for aip_id in wanted:
            yield folder_of(place, aip_id)
    else:
        yield from aips_in(place, faults)


def show(place: str, kind: str, wanted: "list[str]", keys: "list[bytes]") -> int:
    """List the AIPs, or the files of those that are named."""
    if kind == "delivery":
        bag = Bag(place, keys)
        for path in sorted(bag.disk.files):
            say(f"{bag.disk.files[path]:>14}  {path}")
        return 0
    for folder in folders(place, kind, wanted, {}):
        aip = opened(folder, [])
        head = str(aip.inventory.get("head", "?"))
        version = aip.inventory.get("versions", {}).get(head, {})
        say(f"{aip.aip_id}  {head}  {len(aip.disk.files)} files  {version.get('created', 'cannot be read')}")
        paths = {path: digest for digest, paths in version.get("state", {}).items() for path in paths}
        for path in sorted(paths) if wanted or kind == "AIP" else ():
            say(f"    {paths[path][:16]}  {path}")
    return 0


def extract(place: str, kind: str, wanted: "list[str]", keys: "list[bytes]") -> int:
    """Write the files of one version to a new folder: all of them, each proven, or none."""
    if kind == "delivery" or len(wanted) != 2:
        raise StopError(2, f"extract takes an AIP and a new folder: {USAGE}")
    (aip_id, _, version), target = wanted[0].partition("@"), wanted[1]
    aip = opened(place if kind == "AIP" else folder_of(place, aip_id), keys)
    if aip.aip_id != aip_id:
        raise StopError(2, f"{aip.aip_id} lies there, not {aip_id}")
    partial = target.rstrip("/") + ".partial"
    for path in (target, partial):
        if os.path.lexists(path):
            raise StopError(2, f"{path} is there already")
    os.mkdir(partial)
    try:
        count = aip.extract(version or str(aip.inventory.get("head")), partial)
        os.rename(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    say(f"{count} files of {wanted[0]} in {target}, each with the sha512 that was sealed")
    return 0


def run(words: "list[str]") -> int:
    """Run one command line and return its exit code."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(usage=USAGE, description=__doc__, formatter_class=layout)
    parser.add_argument("action", nargs="?", default="verify", choices=["verify", "list", "extract"])
    parser.add_argument("what", nargs="*", help="AIP identifiers; for extract one and a new folder")
    parser.add_argument("--at", metavar="PLACE", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--key", metavar="FILE", action="append", default=[])
    parser.add_argument("--root", metavar="FILE", default="")
    asked = parser.parse_args(words)
    kind = kind_of(asked.at)
    ends: dict[bytes, int] = {}
    keys = trusted_keys(asked.at, kind, asked.key, asked.root, ends) if asked.action != "list" else []
    if asked.action == "verify":
        return verify(asked.at, kind, asked.what, keys, ends, bool(asked.key))
    return {"list": show, "extract": extract}[asked.action](asked.at, kind, asked.what, keys)


def main() -> int:
    """Run the program: what stops it is told in words."""
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
        return code
    except StopError as error:
        told, code = str(error), error.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        told, code = f"{error.filename or 'reading or writing'}: {reason(error)}", 4
    except MemoryError:
        told, code = "there is not enough memory for this inventory", 4
    except KeyboardInterrupt:
        told, code = "stopped", 130
    sys.stderr.write(f"verify.py: {ascii(told)[1:-1]}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
