"""One bad delivery after another goes through the real door, and everything around it is watched.

What must hold for every row of the tables of bad input is asserted here, once: see ``Arena.strike``.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from oais.archive import Archive
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.checking import check_delivery
from oais.functions.coordination import Disposition
from oais.functions.data_management import check_index
from oais.functions.receipts import open_receipt, receipt_as_plain
from oais.functions.storage import BUILDING
from oais.functions.submission import submit
from oais.information.findings import Severity, finding_codes
from oais.information.packages import Receipt
from policies.in_force import PoliciesInForce
from tests.functions.deliveries import plain_bag

CANARY = "canary-of-another-data-set"
LEAKS = (CANARY, "root:x:0:", "Traceback", 'File "/')
LARGEST_COMPARED = 16 << 20
OVER_QUOTA = "BAG-068"
"""The code of a delivery that is refused unread, of which therefore nothing is kept."""

Make = Callable[[Path], Path]
"""Makes a delivery in an empty folder and returns its path."""

Kept = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Attack:
    """One bad input: how it is made, the code that must be told, and whether it is to be refused."""

    make: Make
    code: str
    refused: bool = True


def regular_files(root: Path) -> Kept:
    """Return the bytes of each regular file below ``root`` by its path as bytes; links are not followed."""
    base = os.fsencode(root)
    if not stat.S_ISDIR(os.lstat(base).st_mode):
        return {os.path.basename(base): Path(root).read_bytes()}
    found: Kept = {}
    for folder, _, names in os.walk(base):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_COMPARED:
                with open(path, "rb") as stream:
                    found[os.path.relpath(path, base)] = stream.read()
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """What must be the same before and after a refusal.

    The lock of the staging area is let go when the whole run has been told, which ``_check_next`` sees.
    Fewer descriptors may be open: what earlier tests left goes when the collector of garbage comes by.
    """

    store: Kept
    found: tuple[str, ...]
    rooms: tuple[str, ...]
    temporary: tuple[str, ...]
    descriptors: Counter[str] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Arena:
    """An archive that holds another provider's data set, and a place where deliveries are made."""

    archive: Archive
    place: Path

    def strike(self, attack: Attack) -> Receipt:
        """Submit the bad delivery and then a good one; assert all that holds for every bad input.

        The receipt tells the documented code; a refusal changes neither store nor index and keeps the
        sent bytes; nothing of other data is told; no file, descriptor or folder stays open or behind;
        the dry run comes to the same verdict; the source is untouched; the next delivery is taken.
        """
        bad, good = attack.make(self.place / "bad"), self._good()
        sent = regular_files(bad)
        before = self._around()
        outcomes = submit(self.archive, [bad, good], agreement="generic")
        receipt = self._receipt(next(outcomes))
        self._check_told(receipt, attack)
        if attack.refused:
            self._check_unchanged(before)
            self._check_kept(receipt, bad, sent)
        assert regular_files(bad) == sent
        self._check_next(outcomes)
        if attack.refused:
            self._check_dry_run(bad, attack.code)
        return receipt

    def tolerate(self, make: Make) -> bool:
        """Submit what may be good or bad by chance, then a good one; return whether it was accepted."""
        outcomes = submit(self.archive, [make(self.place / "bad"), self._good()], agreement="generic")
        before = self._around()
        receipt = self._receipt(next(outcomes))
        if receipt.status == "refused":
            self._check_unchanged(before)
        self._check_next(outcomes)
        return receipt.status == "accepted"

    def _good(self) -> Path:
        return plain_bag(self.place / "good.bag", "attack.next", {"next.csv": b"time,flux\n1,2\n"})

    def _around(self) -> _Around:
        access = open_access(self.archive)
        with closing(access.index):
            hits = access.find(Question()).hits
        rooms = (self.archive.custody, self.archive.staging, self.archive.incoming)
        return _Around(
            store=regular_files(self.archive.aip_root),
            found=tuple(hit.aip_id for hit in hits),
            rooms=tuple(path.name for room in rooms for path in room.iterdir() if path.is_dir()),
            temporary=tuple(name for name in os.listdir(tempfile.gettempdir()) if "oais-inspect" not in name),
            descriptors=Counter(name for name in _open_files() if not name.endswith(f"/{BUILDING}")),
        )

    def _check_unchanged(self, before: _Around) -> None:
        after = self._around()
        for item in fields(_Around):
            if item.compare:
                assert getattr(after, item.name) == getattr(before, item.name), item.name
        assert not after.descriptors - before.descriptors

    def _receipt(self, told: Disposition) -> Receipt:
        assert told.error == "", told.error
        assert told.receipt is not None
        assert open_receipt(self.archive, told.receipt.receipt_id) == told.receipt
        return told.receipt

    def _check_told(self, receipt: Receipt, attack: Attack) -> None:
        severity = Severity.ERROR if attack.refused else None
        codes = {found.code for found in receipt.findings if severity in (None, found.severity)}
        assert attack.code in codes or not attack.code, receipt.findings
        assert receipt.status == ("refused" if attack.refused else "accepted"), receipt.findings
        for found in receipt.findings:
            assert found.code in finding_codes()
            assert found.message, found
        text = json.dumps(receipt_as_plain(receipt), ensure_ascii=False)
        for leak in (*LEAKS, str(self.archive.home)):
            assert leak not in text

    def _check_kept(self, receipt: Receipt, bad: Path, sent: Kept) -> None:
        kept = self.archive.refused / receipt.receipt_id
        if any(found.code == OVER_QUOTA for found in receipt.findings):
            assert regular_files(kept) == {}
        elif bad.is_dir():
            assert regular_files(kept / "bag") == sent
        else:
            assert list(regular_files(kept / "container").values()) == list(sent.values())

    def _check_next(self, outcomes: Iterator[Disposition]) -> None:
        receipt = self._receipt(next(outcomes))
        assert receipt.status == "accepted", receipt.findings
        assert next(outcomes, None) is None
        assert not any(name.endswith(f"/{BUILDING}") for name in _open_files())
        assert check_index(self.archive) == []
        assert "attack.next" in self._around().found

    def _check_dry_run(self, bad: Path, code: str) -> None:
        checked = check_delivery(self.archive, bad, "generic")
        assert code in {found.code for found in checked.findings if found.severity == Severity.ERROR}
        assert list(self.archive.custody.iterdir()) == []


def furnish(template: Archive, place: Path) -> Archive:
    """Return a copy of an archive in a place of its own."""
    home = place / "home"
    shutil.copytree(template.home, home)
    return replace(template, home=home, in_force=PoliciesInForce(home / "policies"))


def _open_files() -> tuple[str, ...]:
    """Return what each open descriptor of this process is, by the name the kernel gives it.

    Two kinds are not counted: the catalogue, which stays open from one delivery of a run to the next, and
    the pipes to a living child. The lent inspector starts its child when a file is to be read and lets
    it go when a file killed it, so its pipes come and go; those to a dead child would be counted.
    """
    to_children = {name for child in _children() for name in _descriptors(child) if name.startswith("pipe:")}
    names = (name for name in _descriptors("self") if "/search_index/" not in name)
    return tuple(
        sorted(name.partition("[")[0] for name in names if name not in to_children)
    )  # pipes have numbers


def _children() -> Iterator[str]:
    for task in os.listdir("/proc/self/task"):
        with suppress(FileNotFoundError):  # a thread may end meanwhile
            yield from Path(f"/proc/self/task/{task}/children").read_text().split()


def _descriptors(process: str) -> Iterator[str]:
    with suppress(FileNotFoundError, ProcessLookupError):  # it may end meanwhile
        for number in os.listdir(f"/proc/{process}/fd"):
            with suppress(FileNotFoundError):  # the listing's own
                yield os.readlink(f"/proc/{process}/fd/{number}")


def nest(top: Path, depth: int, name: str) -> None:
    """Make directories within each other, however long their path becomes."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.csv", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
