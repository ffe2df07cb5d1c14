"""What an archive wrote, every later release reads: the archives in ``tests/old_archives``, one by one."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.dissemination import deliver
from oais.functions.receipts import each_receipt
from oais.functions.storage import aip_store, find_aip
from oais.functions.submission import submit
from oais.functions.validation import validate
from oais.information.identifiers import parse_aip_reference
from oais.information.packages import Receipt
from oais.information.reader.composed import VERIFY, verify_program
from oais.information.signature import create_signer, private_pem
from oais.settings import FORMAT
from tests.functions.deliveries import plain_bag
from tests.tars import unpack

FOLDER = Path(__file__).resolve().parent.parent / "old_archives"
DEMO = Path(__file__).resolve().parents[2] / "demo" / "tess"
AIPS = {"tess.old.curve": 2, "tess.old.hk": 1, "old.table": 1}
"""What each of them holds, with its newest version."""

PRODUCTS = {
    "tess.old.curve@v1": DEMO / "n1" / "tic55525572_s0005_first1000_lc.fits",
    "tess.old.curve@v2": DEMO / "n1" / "tic55525572_s0005_first1000_lc.fits",
    "tess.old.hk": DEMO / "hk" / "tic55525572_s0005_first1000_hk.fits",
}


@pytest.fixture(params=sorted(FOLDER.glob("*.tar.gz")), ids=lambda path: path.name)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The home of an old archive, unpacked."""
    with tarfile.open(request.param) as packed:
        unpack(packed, tmp_path)
    return tmp_path / "home"


@pytest.fixture
def old(home: Path) -> Archive:
    """The old archive as somebody opens it who has it from a disk: with a signing key of his own."""
    (home / "keys" / "archive.key").write_bytes(private_pem(create_signer(b"\x0b" * 32)))
    (home / "keys" / "archive.key").chmod(0o600)
    archive = open_archive(home)
    rebuild_index(archive)
    return archive


def test_there_is_one_of_every_format() -> None:
    """Each number of the format that was ever written has its archive here, small enough to be kept."""
    assert {f"format-{number}.tar.gz" for number in range(1, FORMAT + 1)} == {
        path.name for path in FOLDER.glob("*.tar.gz")
    }
    assert all(path.stat().st_size < 1_000_000 for path in FOLDER.iterdir())


def test_it_is_intact(old: Archive) -> None:
    """The full audit, the validator and the reader of today find it whole; so does the one it brought."""
    told = run_audit(old, select_for_audit(old, None, None, 0), full=True)
    assert told.intact, told.damaged
    assert told.aips == len(AIPS)
    assert validate(old.aip_root).valid
    for program in (old.aip_root / VERIFY, old.home / "today.py"):
        if program.name == "today.py":
            program.write_bytes(verify_program())
        line = [sys.executable, "-I", "-S", str(program), "--at", str(old.aip_root)]
        answer = subprocess.run(line, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout


def test_damage_in_it_is_still_found(old: Archive) -> None:
    """It is not only that nothing is said: one byte changed in it is named."""
    path = find_aip(old, "old.table").open().file("representations/original/data/table.csv").path
    path.write_bytes(path.read_bytes().replace(b"1,2", b"1,3"))
    told = run_audit(old, select_for_audit(old, None, None, 0))
    assert [result.aip_id for result in told.damaged] == ["old.table"]


def test_it_is_shown_and_found(old: Archive) -> None:
    """Every AIP, every version and every product answers from an index that was made today."""
    assert {aip.aip_id: aip.head for aip in aip_store(old).objects()} == AIPS
    assert check_index(old) == []
    access = open_access(old)
    for aip_id, head in AIPS.items():
        assert {version.number for version in access.show(aip_id).versions} == set(range(1, head + 1))
    found = access.find(Question(words="55525572"))
    assert {card.aip_id for card in found.hits} == {"tess.old.curve", "tess.old.hk"}


def test_its_products_come_out_bit_for_bit(old: Archive, tmp_path: Path) -> None:
    """What was delivered then is delivered now, with the same bytes, of each version."""
    for reference, product in PRODUCTS.items():
        target = tmp_path / reference
        deliver(old, parse_aip_reference(reference), ["*.fits"], target, open_access(old).asker())
        (delivered,) = (target / "data").rglob("*.fits")
        digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (delivered, product)}
        assert len(digests) == 1, reference


def test_its_receipts_are_believed(old: Archive) -> None:
    """Each disposition, the refusal too, is read and its signature fits."""
    receipts = [receipt for _, receipt in each_receipt(old)]
    assert all(isinstance(receipt, Receipt) for receipt in receipts), receipts
    found = sorted((item.status, item.aip_id) for item in receipts if isinstance(item, Receipt))
    accepted = sorted(("accepted", aip_id) for aip_id, head in AIPS.items() for _ in range(head))
    assert found == [*accepted, ("refused", "tess.old.broken")]


def test_it_can_be_gone_on_with(old: Archive, tmp_path: Path) -> None:
    """With its new key trusted, the archive takes a new version of an old AIP, and all is intact."""
    (old.home / "keys" / "trusted" / f"{old.signer.key_id}.pem").write_bytes(old.signer.public_pem)
    (told,) = submit(
        old, [plain_bag(tmp_path / "table.bag", "old.table", {"table.csv": b"time,flux\n3,4\n"})]
    )
    assert told.error == ""
    assert find_aip(old, "old.table").head == 2
    assert run_audit(old, select_for_audit(old, None, None, 0), full=True).intact
