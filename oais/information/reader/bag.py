"""A part of ``verify.py``: a delivery, which is a BagIt 1.0 bag."""

import re

from oais.information.reader.ed25519 import UNCHECKED, judged
from oais.information.reader.folder import Folder, is_clean
from oais.information.reader.head import reason
from oais.information.reader.proofs import proven

# -- A delivery: a BagIt 1.0 bag ------------------------------------------------------------------------

SEAL = "tagmanifest-sha512.txt"
SEAL_SIGNATURE, SEAL_KEY = "signature/tagmanifest-sha512.txt.sig", "signature/archive.pub.pem"
MANIFEST = re.compile("(tag)?manifest-(sha256|sha512)[.]txt$")
MANIFEST_LINE = re.compile("([0-9a-fA-F]{64,128})[ \t]+[*]?(.+)$")


class Bag:
    """A bag on disk; ``faults`` maps paths to what is wrong."""

    def __init__(self, root: str, keys: "list[bytes]", named: bool = False) -> None:
        self.disk, self.keys, self.named = Folder(root), keys, named
        self.faults: dict[str, str] = {}
        self.notes: list[str] = []

    def verify(self) -> None:
        """Find all that is not as it was delivered."""
        expected: dict[str, dict[str, str]] = {}
        for name in sorted(self.disk.files):
            match = MANIFEST.match(name)
            if match:
                self._read_manifest(name, match.group(2), expected)
        for name in ("bagit.txt", "manifest-sha512.txt", SEAL):
            if name not in self.disk.files:
                self.faults[name] = "is missing"
        for path in sorted(expected):
            self._verify_file(path, expected[path])
        own = {SEAL, "tagmanifest-sha256.txt", SEAL_SIGNATURE}
        for path in sorted((set(self.disk.files) | self.disk.odd) - set(expected) - own):
            self.faults[path] = "is in no manifest"
        self._verify_seal()
        for path in sorted(self.disk.files):
            if re.match("metadata/(?:[^/]+/)?ledger-proof[.]json$", path):
                self._verify_proof(path, expected)

    def _read_manifest(self, name: str, algorithm: str, expected: "dict[str, dict[str, str]]") -> None:
        try:
            lines = self.disk.bytes_of(name).decode().splitlines()
        except (OSError, ValueError) as error:
            self.faults[name] = reason(error)
            return
        for number, line in enumerate(lines, 1):
            match = MANIFEST_LINE.match(line)
            path = (
                match.group(2).replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") if match else ""
            )
            if match is None or not is_clean(path) or path.startswith("data/") == name.startswith("tag"):
                self.faults[name] = f"line {number} names no digest and path of this bag"
            else:
                expected.setdefault(path, {})[algorithm] = match.group(1).lower()

    def _verify_file(self, path: str, expected: "dict[str, str]") -> None:
        try:
            found = self.disk.digests(path, sorted(expected))
        except OSError as error:
            self.faults[path] = reason(error)
            return
        for name in sorted(expected):
            if found[name] != expected[name]:
                told = f"{name} is {found[name][:16]}..., expected {expected[name][:16]}..."
                self.faults[path] = told
        kind = "manifest" if path.startswith("data/") else "tagmanifest"
        for name in ("sha256", "sha512"):
            if f"{kind}-{name}.txt" in self.disk.files and name not in expected:
                self.faults.setdefault(path, f"is not in {kind}-{name}.txt")

    def _verify_seal(self) -> None:
        """Check the signature over the tag manifest, which covers the manifests, which cover every file."""
        if not self.keys:
            return
        try:
            data, signature = self.disk.bytes_of(SEAL), self.disk.bytes_of(SEAL_SIGNATURE)
        except OSError as error:
            self.faults.setdefault(SEAL_SIGNATURE, reason(error))
            return
        signed = judged(self.keys, data, signature)
        if signed is None:
            self.notes.append("who signed the delivery is NOT CHECKED")
        elif not signed:
            self.faults.setdefault(SEAL_SIGNATURE, f"is no signature of the key over {SEAL}")

    def _verify_proof(self, path: str, expected: "dict[str, dict[str, str]]") -> None:
        """Check a proof from the ledger, and say which of the files it proves."""
        listing = path.replace("ledger-proof.json", "ledger-files.txt")
        before = len(UNCHECKED)
        try:
            told = proven(self.disk.bytes_of(path), self.keys, self.named)
            if self.disk.digests(listing, ["sha512"])["sha512"] != told.get("files"):
                raise ValueError(f"{listing} is not the list of files that it proves")
            held = {line.partition("  ")[0] for line in self.disk.bytes_of(listing).decode().splitlines()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.faults.setdefault(path, reason(error))
            return
        files = [name for name in expected if name.startswith("data/")]
        count = sum(expected[name].get("sha512") in held for name in files)
        checked = self.keys and len(UNCHECKED) == before
        signed = "" if checked else "; WHO SIGNED ITS CHECKPOINT IS NOT CHECKED"
        stands = f"{told['subject']} stands in the ledger since {told['at']}"
        self.notes.append(f"{stands}: {count} of {len(files)} files are proven by it{signed}")
