"""A part of ``verify.py``: the root keys, and which signing keys they say count and until when."""

import hashlib
import json
import os
import re
from typing import Any

from oais.information.reader.ed25519 import UNCHECKED, judged, raw_key, unchecked_in_words
from oais.information.reader.folder import Folder
from oais.information.reader.head import StopError, reason, say

# -- Root keys: each trust/root.N.json is signed by those before and by its own -------------------------

ROOT_FILE = re.compile("root[.]([1-9][0-9]*)[.]json$")


class Trust:
    """The chain of lists in a folder; ``keys`` are the newest's, ``ends`` where those ended that have."""

    def __init__(self, place: str) -> None:
        self.disk, self.place = Folder(place), place
        self.keys: list[bytes] = []
        self.ends: dict[bytes, int] = {}
        self.chain: list[bytes] = []
        self.newest: dict[str, Any] = {}

    def walk(self) -> None:
        """Walk from the first list to the newest; raises StopError where one does not follow."""
        count = len([name for name in self.disk.files if ROOT_FILE.match(name)])
        for number in range(1, count + 1):
            try:
                self._follow(number)
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise StopError(3, f"trust/root.{number}.json: {reason(error)}") from error
        if not count:
            raise StopError(3, "trust/ holds no list of trusted keys")

    def _follow(self, number: int) -> None:
        data = self.disk.bytes_of(f"root.{number}.json")
        plain = json.loads(data.decode("utf-8"))
        if plain["schema"] != "oais-trust-root/1" or plain["version"] != number:
            raise ValueError("it is not the list of this number")
        for judge in [plain] + ([self.newest] if self.newest else []):
            self._require_threshold(judge, number, data)
        keys = [key["public_key"].encode("ascii") for key in plain["signing_keys"]]
        ends = {
            key["public_key"].encode("ascii"): int(key["ends_at"])
            for key in plain["signing_keys"]
            if key["ends_at"] is not None
        }
        lost = [pem for pem in self.keys if pem not in keys]
        if lost or any(ends.get(pem, self.ends[pem] + 1) > self.ends[pem] for pem in self.ends):
            raise ValueError("it takes back what was said of a signing key")
        self.newest, self.keys, self.ends = plain, keys, ends
        self.chain.append(data)

    def _require_threshold(self, judge: "dict[str, Any]", number: int, data: bytes) -> None:
        """Check that enough of a list's root keys signed; raises ValueError."""
        signed, before = set(), len(UNCHECKED)
        for key in judge["root_keys"]:
            pem = key["public_key"].encode("ascii")
            name = f"root.{number}.{key['key_id']}.sig"
            if name in self.disk.files and judged([pem], data, self.disk.bytes_of(name)):
                signed.add(raw_key(pem))
        needed, unchecked = int(judge["threshold"]), len(UNCHECKED) - before
        if needed > 0 and len(signed) < needed <= len(signed) + unchecked:
            raise StopError(5, f"trust/root.{number}.json: {unchecked_in_words()}")
        del UNCHECKED[before:]
        if needed < 1 or len(signed) < needed:
            raise ValueError(f"{len(signed)} root keys signed it, {needed} are needed")

    def tell(self) -> None:
        """Say which keys count by whose word."""
        first = hashlib.sha256(self.chain[0]).hexdigest()
        holders = ", ".join(str(key["holder"]) for key in self.newest["root_keys"])
        say(f"trust    root.{len(self.chain)}: {self.newest['threshold']} of {holders}")
        say(f"         it begins with root.1.json, sha256 {first}")
        for key in self.newest["signing_keys"]:
            ended = "" if key["ends_at"] is None else f", ended at {key['ends_at']} entries: {key['reason']}"
            say(f"key      {key['key_id']}  {key['algorithm']}{ended}")

    def require(self, kept: bytes, name: str) -> None:
        """Raise StopError unless a list that was kept elsewhere is one of the chain."""
        if kept not in self.chain:
            raise StopError(
                3, f"{name} is none of the lists in trust/: the keys were exchanged, or it is another's"
            )


def trust_beside(place: str) -> "Trust | None":
    """Return the lists that lie beside a storage root, walked; None where there are none."""
    folder = os.path.join(place, os.pardir, "trust")
    if not os.path.isdir(folder):
        return None
    trust = Trust(folder)
    trust.walk()
    return trust
