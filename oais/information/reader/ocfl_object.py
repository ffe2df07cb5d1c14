"""A part of ``verify.py``: one AIP, checked against what was sealed."""

import hashlib
import json
import os
import re
from typing import Any

from oais.information.reader.ed25519 import judged
from oais.information.reader.folder import Folder, is_clean
from oais.information.reader.head import StopError, reason
from oais.information.reader.storage_root import ROOT, object_path

# -- An AIP: an OCFL 1.1 object -------------------------------------------------------------------------

VERSION = re.compile("v([1-9][0-9]{0,8})$")
COMING = re.compile("[.]inventory[.]json([.]sha512)?[.][0-9]+[.]tmp$")
SEALED = re.compile(rb"([0-9a-f]{128})[ \t]+inventory[.]json\n?$")
ENDING = re.compile(rb'"digest": "[0-9a-f]{64}"')
INVENTORY, SIDECAR, AUDITS = "inventory.json", "inventory.json.sha512", "logs/audits.jsonl"
DECLARATION, SIGNATURES = "0=ocfl_object_1.1", "logs/signatures/"


class Aip:
    """One AIP on disk; ``faults`` maps paths to what is wrong, ``notes`` are no damage."""

    def __init__(self, root: str, keys: "list[bytes]") -> None:
        self.disk, self.keys = Folder(root), keys
        self.faults: dict[str, str] = {}
        self.notes: list[str] = []
        self.proven = self.unchecked = False
        self._signed: dict[tuple[int, bytes], bool | None] = {}
        numbers = [VERSION.match(path.split("/")[0]) for path in self.disk.files if "/" in path]
        self.newest = max([int(match.group(1)) for match in numbers if match] or [0])
        self.inventory = self._believed()
        self.aip_id = str(self.inventory.get("id", os.path.basename(root)))

    def verify(self) -> None:
        """Find all that is not as it was sealed."""
        for number in range(1, min(self.newest, len(self.disk.files)) + 1):
            self._verify_version(number)
        self._verify_place()
        self._verify_names()
        for digest, paths in self.inventory.get("manifest", {}).items():
            for path in paths:
                self._verify_content(path, digest)
        self._verify_log()

    def extract(self, version: str, target: str) -> int:
        """Write the files of a version below a new folder; return their number."""
        state = self.inventory.get("versions", {}).get(version, {}).get("state")
        if state is None or not VERSION.match(version):
            raise StopError(2, f"{self.aip_id} has no version {version}")
        if self.unchecked:
            raise StopError(
                5, f"who signed the inventory of {self.aip_id} is NOT CHECKED: nothing was extracted"
            )
        if not self.proven:
            by = "signature of a trusted key" if self.keys else "sidecar"
            raise StopError(3, f"no {by} confirms the inventory of {self.aip_id}: nothing was extracted")
        for digest, paths in state.items():
            for path in paths:
                self._copy(digest.lower(), path, target)
        return sum(map(len, state.values()))

    def _copy(self, digest: str, path: str, target: str) -> None:
        """Write one file, proven on its way; raises StopError and OSError."""
        held = self.inventory["manifest"].get(digest, [""])[0]
        if not is_clean(path) or held not in self.disk.files:
            raise StopError(3, f"{path!r} leads out of the folder, or its bytes are missing: {held!r}")
        place, hasher = os.path.join(target, *path.split("/")), hashlib.sha512()
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "xb") as stream:
            for block in self.disk.blocks(held):
                hasher.update(block)
                stream.write(block)
        if hasher.hexdigest() != digest:
            raise StopError(3, f"sha512 of {held} is {hasher.hexdigest()[:16]}..., not {digest[:16]}...")

    def _fault(self, path: str, told: str) -> None:
        self.faults.setdefault(path, told)

    def _read(self, path: str) -> bytes:
        """Return a file; what cannot be read is told and empty."""
        try:
            return self.disk.bytes_of(path)
        except OSError as error:
            self._fault(path, reason(error))
            return b""

    def _sidecar(self, folder: str) -> str:
        match = SEALED.match(self._read(folder + SIDECAR))
        return match.group(1).decode() if match else ""

    def _is_signed(self, number: int, data: bytes) -> "bool | None":
        """Return whether a trusted key signed the data as a version's inventory; None: it is not checked."""
        name = f"{SIGNATURES}v{number}.{INVENTORY}.sig"
        known = (number, hashlib.sha512(data).digest())
        if known not in self._signed:
            signature = self._read(name) if name in self.disk.files else b""
            self._signed[known] = judged(self.keys, data, signature)
        return self._signed[known]

    def _believed(self) -> "dict[str, Any]":
        """Return the inventory to check against: a signed copy before one that its sidecar confirms."""
        last = f"v{self.newest}/"
        copies = {folder: self._read(folder + INVENTORY) for folder in ("", last)}
        there = [folder for folder in copies if copies[folder]]
        signed = [folder for folder in there if self._is_signed(self.newest, copies[folder])]
        sealed = [f for f in there if self._sidecar(f) == hashlib.sha512(copies[f]).hexdigest()]
        if not there:
            return {}
        chosen = (signed or sealed or there)[0]
        self.proven = chosen in (signed if self.keys else sealed)
        self.unchecked = not self.proven and self._is_signed(self.newest, copies[chosen]) is None
        self._compare(copies, chosen)
        return self._parsed(chosen + INVENTORY, copies[chosen])

    def _compare(self, copies: "dict[str, bytes]", chosen: str) -> None:
        """Compare the copies of the newest inventory, and the sidecar of the one at the root."""
        before = f"v{self.newest - 1}/"
        older = before + INVENTORY in self.disk.files
        for folder in copies:
            if copies[folder] == copies[chosen]:
                continue
            if older and not folder and copies[""] == self._read(before + INVENTORY):
                self.notes.append(f"v{self.newest} is complete, the inventory is still that of {before[:-1]}")
            else:
                self._fault(folder + INVENTORY, f"differs from {chosen}{INVENTORY}, which is sound")
        found = self._sidecar("")
        if copies[""] == copies[chosen] and found != hashlib.sha512(copies[chosen]).hexdigest():
            if older and found and found == self._sidecar(before):
                self.notes.append(f"{SIDECAR} is still that of {before[:-1]}")
            else:
                self._fault(SIDECAR, f"does not hold the sha512 of {INVENTORY}")

    def _parsed(self, path: str, data: bytes) -> "dict[str, Any]":
        """Return the inventory, or nothing when it is not of the shape that is written here."""
        try:
            plain = json.loads(data.decode())
            lists = [plain["manifest"]] + [each["state"] for each in plain["versions"].values()]
            whole = all(
                isinstance(each, str) for block in lists for key in block for each in [key] + block[key]
            )
            if whole and plain["digestAlgorithm"] == "sha512" and plain["head"] in plain["versions"]:
                return {**plain, "manifest": {key.lower(): each for key, each in plain["manifest"].items()}}
            self._fault(path, "is not an inventory of this archive")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self._fault(path, f"is not an OCFL inventory ({type(error).__name__})")
        return {}

    def _verify_version(self, number: int) -> None:
        """Check the inventory a version keeps of its own time, with sidecar, signature and key."""
        folder, stem = f"v{number}/", f"{SIGNATURES}v{number}.{INVENTORY}"
        data = self._read(folder + INVENTORY)
        sealed = bool(data) and self._sidecar(folder) == hashlib.sha512(data).hexdigest()
        signed = self._is_signed(number, data) if self.keys else False
        if data and not sealed:
            wrong = SIDECAR if signed else INVENTORY
            self._fault(
                folder + wrong, "neither sidecar nor signature confirms it" if not signed else "differs"
            )
        for end in (".sig", ".pub.pem"):
            if stem + end not in self.disk.files:
                self._fault(stem + end, "is missing")
        if self.keys and self._read(stem + ".pub.pem") not in self.keys:
            self._fault(stem + ".pub.pem", "is none of the trusted keys")
        if signed is None:
            self.notes.append(f"who signed v{number} is NOT CHECKED")
        elif self.keys and sealed and not signed:
            self._fault(stem + ".sig", f"is no signature of a trusted key over {folder}{INVENTORY}")

    def _verify_place(self) -> None:
        if self._read(DECLARATION) != b"ocfl_object_1.1\n":
            self._fault(DECLARATION, "does not hold 'ocfl_object_1.1'")
        parts = os.path.abspath(self.disk.root).split(os.sep)
        root = os.sep.join(parts[:-4])
        inside = bool(self.inventory) and os.path.isfile(os.path.join(root, ROOT))
        if inside and "/".join(parts[-4:]) != object_path(self.aip_id):
            self._fault(INVENTORY, f"{self.aip_id} lies here, its place is {object_path(self.aip_id)}")

    def _verify_names(self) -> None:
        """Tell what nothing accounts for; of a version that is coming in, or was, only a note."""
        held = {path for paths in self.inventory.get("manifest", {}).values() for path in paths}
        head = VERSION.match(str(self.inventory.get("head", "")))
        last = int(head.group(1)) if head else 0
        own = {DECLARATION, INVENTORY, SIDECAR, AUDITS}
        for number in range(1, min(last, len(self.disk.files)) + 1):
            own |= {f"v{number}/{INVENTORY}", f"v{number}/{SIDECAR}"}
            own |= {f"{SIGNATURES}v{number}.{INVENTORY}{end}" for end in (".sig", ".pub.pem")}
        coming = (f"v{last + 1}/", f"{SIGNATURES}v{last + 1}.{INVENTORY}")
        for path in sorted((set(self.disk.files) | self.disk.odd) - held - own):
            if path.startswith(coming) or COMING.match(path):
                self.notes.append(f"{path} belongs to a version whose coming in was not finished")
            else:
                self._fault(path, "is in no inventory")
        for path in sorted(own & (self.disk.odd | self.disk.folders)):
            self._fault(path, "is not a regular file")

    def _verify_content(self, path: str, digest: str) -> None:
        if not is_clean(path) or "/content/" not in path:
            self._fault(path, "leads out of the versions of the AIP: the inventory is not sound")
            return
        try:
            found = self.disk.digests(path, ["sha512"])["sha512"]
        except OSError as error:
            self._fault(path, reason(error))
            return
        if found != digest:
            size = self.disk.files[path]
            self._fault(path, f"sha512 is {found[:16]}... ({size} bytes), expected {digest[:16]}...")

    def _verify_log(self) -> None:
        """Check that each line of the audits is as it was written and follows the one before."""
        data = self._read(AUDITS) if AUDITS in self.disk.files else b""
        lines, before = data.split(b"\n"), b""
        rest = lines.pop()
        if rest and not ENDING.search(rest):
            self.notes.append(f"the last line of {AUDITS} was not finished")
        elif rest:
            self._fault(AUDITS, "its last line is cut short")
        for number, line in enumerate(lines, 1):
            try:
                plain = json.loads(line.decode())
                digest = plain.pop("digest")
                follows = plain["previous"] == (hashlib.sha256(before).hexdigest() if before else "")
                whole = digest == hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                follows = whole = False
            if not (follows and whole):
                self._fault(AUDITS, f"line {number} was changed, or does not follow the one before")
            before = line
